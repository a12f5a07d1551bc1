package dev.tidemark.engine.state;

import dev.tidemark.engine.message.Line;
import java.util.List;
import java.util.Map;

/**
 * What {@link Views} can't see in the state, and shows beside it.
 *
 * @param durableSeq up to which seq everything is durable
 * @param fields more fields of the store's row in {@code status}, in order: space, journal, failure
 * @param rows more rows of {@code status} after the store's: options
 */
public record StoreFacts(long durableSeq, Map<String, String> fields, List<Line> rows) {}
