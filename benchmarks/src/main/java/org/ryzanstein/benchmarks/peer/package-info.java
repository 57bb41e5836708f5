/** Other engines behind the line protocol of {@code bench}'s workers, each in a process of its own. */
@NullMarked
package org.ryzanstein.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
