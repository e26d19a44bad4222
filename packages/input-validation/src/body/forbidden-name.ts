/**
 * Names that reach the prototype of the object that a parser makes of a query or a form, in the notations that parsers
 * take apart: `a[b]`, `a["b"]` and `a.b`.
 */
export const forbiddenName = /(?:^|[[\].'"])(?:__proto__|constructor[[\].'"]+prototype)(?:$|[[\].'"])/
