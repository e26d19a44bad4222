import { expect, it } from 'vitest'
import { acceptedFormat } from './accepted-format.ts'

const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'

it.each([
  [undefined, 'classic'],
  ['*/*', 'classic'],
  ['text/plain', 'classic'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'],
  ['application/openmetrics-text; version=0.0.1', 'classic'],
  ['application/openmetrics-text;q=0', 'classic'],
  ['application/openmetrics-text;q=x', 'classic'],
  ['application/openmetrics-text;q=0.3,text/plain;q=0.9', 'classic'],
  [prometheus3, 'openmetrics'],
])('answers %s with %s', (accept, format) => {
  expect(acceptedFormat(accept)).toBe(format)
})
