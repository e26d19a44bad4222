/**
 * How a cell stands in a subject's value: its tag, the microsecond to which it means anything, a number. The tag's three
 * characters are read as a number: for strings Lua would look up or keep each of them.
 */
export const cellFormat = 'I3I7I4'
/** The same with the tag as it is. */
export const taggedFormat = 'c3I7I4'
export const cellBytes = 14
