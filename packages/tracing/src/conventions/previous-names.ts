import type { Attributes, Span, Tracer } from '@opentelemetry/api'
import { previousAttribute } from './semantic-conventions.ts'

/** All that is asked of a tracer here: spans are made active by their contexts. */
export type SpanStarter = Pick<Tracer, 'startSpan'>

const withPrevious = (attributes: Attributes): Attributes => {
  const both: Attributes = { ...attributes }
  for (const [name, value] of Object.entries(attributes)) {
    const previous = previousAttribute[name]
    if (previous !== undefined) both[previous] = value
  }
  return both
}

/** Makes a span carry the attributes that it gets from now on under their previous names as well. */
export function addPreviousNames(span: Span): Span {
  const setAttribute = span.setAttribute.bind(span)
  span.setAttribute = (name, value) => {
    const previous = previousAttribute[name]
    if (previous !== undefined) setAttribute(previous, value)
    return setAttribute(name, value)
  }
  const setAttributes = span.setAttributes.bind(span)
  span.setAttributes = (attributes) => setAttributes(withPrevious(attributes))
  return span
}

/** The same tracer, whose spans carry attributes under their previous names as well. */
export const withPreviousNames = (tracer: SpanStarter): SpanStarter => ({
  startSpan: (name, options, context) =>
    addPreviousNames(
      tracer.startSpan(
        name,
        options?.attributes ? { ...options, attributes: withPrevious(options.attributes) } : options,
        context,
      ),
    ),
})
