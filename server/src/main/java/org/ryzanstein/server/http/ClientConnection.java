package org.ryzanstein.server.http;

import jakarta.servlet.ServletRequest;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;

/** The connection of the request that is being served. */
interface ClientConnection {
    /** Whether the client has closed it. */
    boolean isGone();

    /** The connection that a request came by, which {@link WatchedConnector} has accepted. */
    static ClientConnection of(ServletRequest request) {
        EndPoint endPoint = ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint();
        if (endPoint instanceof WatchedEndPoint watched) {
            return watched::isGone;
        }
        throw new IllegalStateException("the connection is a " + endPoint.getClass() + ", expected a WatchedEndPoint");
    }
}
