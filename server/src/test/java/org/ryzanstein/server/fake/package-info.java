/** A deterministic engine without a model, for tests of what stands around an engine. */
@NullMarked
package org.ryzanstein.server.fake;

import org.jspecify.annotations.NullMarked;
