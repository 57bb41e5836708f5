/** A program that tells stories with a language model inside. */
module com.example.stories {
    requires org.ryzanstein.loader;
}
