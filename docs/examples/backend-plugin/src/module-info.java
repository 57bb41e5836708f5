/** A backend that lives outside of Ryzanstein's build. */
module com.example.ryzanstein {
    requires org.ryzanstein.api;

    provides org.ryzanstein.api.kernel.KernelBackendProvider with
            com.example.ryzanstein.ExampleBackendProvider;
}
