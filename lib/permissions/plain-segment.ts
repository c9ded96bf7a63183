/**
 * One segment of a path that Express 4 and 5 read alike: static text, or one `:name` that begins the segment. Text in front
 * of a parameter is not: Express 4 forbids the value to repeat the text before it.
 */
export const plainSegment = /^(?:[\w.~@&=,'-]*|:[A-Za-z_]\w*(?:[.~@&=,'-][\w.~@&=,'-]*)?)$/
