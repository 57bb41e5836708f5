/** The HTTP API in OpenAI's shape: routes, checks of what clients send, answers whole and streamed. */
@NullMarked
package org.ryzanstein.server.http;

import org.jspecify.annotations.NullMarked;
