/** What computes side by side: threads of a team, and ranks that each hold a shard of a model. */
@NullMarked
package org.ryzanstein.loader.parallel;

import org.jspecify.annotations.NullMarked;
