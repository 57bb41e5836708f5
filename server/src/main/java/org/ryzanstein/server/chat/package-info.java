/** From a conversation to the tokens of a prompt, for the HTTP API and the command line. */
@NullMarked
package org.ryzanstein.server.chat;

import org.jspecify.annotations.NullMarked;
