/** Tests of the built whole. */
@NullMarked
package org.ryzanstein.systemtest;

import org.jspecify.annotations.NullMarked;
