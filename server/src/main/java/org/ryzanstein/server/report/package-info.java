/** What both the HTTP API and the command line show of backends and communicators. */
@NullMarked
package org.ryzanstein.server.report;

import org.jspecify.annotations.NullMarked;
