/** A small engine for the Jinja2 templates that models bring for their conversations, made for hostile templates. */
@NullMarked
package org.ryzanstein.loader.template;

import org.jspecify.annotations.NullMarked;
