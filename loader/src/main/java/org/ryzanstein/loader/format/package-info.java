/** Model files: GGUF and safetensors readers and writers, and the canonical weight content that they hold. */
@NullMarked
package org.ryzanstein.loader.format;

import org.jspecify.annotations.NullMarked;
