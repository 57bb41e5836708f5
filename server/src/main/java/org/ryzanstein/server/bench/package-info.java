/** Benchmarks: workers that measure, suites that say what, and results as a table, JSON or SVG. */
@NullMarked
package org.ryzanstein.server.bench;

import org.jspecify.annotations.NullMarked;
