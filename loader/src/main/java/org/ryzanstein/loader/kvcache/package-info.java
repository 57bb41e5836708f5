/** Which blocks of the KV cache belong to which sequence. */
@NullMarked
package org.ryzanstein.loader.kvcache;

import org.jspecify.annotations.NullMarked;
