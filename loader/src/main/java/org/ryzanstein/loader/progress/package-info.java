/** Progress of long work. */
@NullMarked
package org.ryzanstein.loader.progress;

import org.jspecify.annotations.NullMarked;
