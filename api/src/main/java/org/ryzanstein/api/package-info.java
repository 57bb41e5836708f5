/** Contracts between the engine and its backends and communicators. */
@NullMarked
package org.ryzanstein.api;

import org.jspecify.annotations.NullMarked;
