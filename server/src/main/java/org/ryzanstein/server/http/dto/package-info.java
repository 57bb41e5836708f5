/** What the HTTP API answers, one record an object; the JSON names are the components' in snake case. */
@NullMarked
package org.ryzanstein.server.http.dto;

import org.jspecify.annotations.NullMarked;
