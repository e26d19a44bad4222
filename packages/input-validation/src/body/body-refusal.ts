import { type Problem, problemType } from '@alfred/core'

/** Why the body guard refused a request; the `code` member of the problem and of the event. */
export type BodyRefusalCode =
  | 'array-too-long'
  | 'charset-unsupported'
  | 'content-encoding-unsupported'
  | 'content-type-unsupported'
  | 'content-encoding-malformed'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'invalid-utf8'
  | 'malformed'
  | 'not-structured'
  | 'timeout'
  | 'too-deep'
  | 'too-large'
  | 'too-many-keys'
  | 'transfer-encoding-unsupported'

const refusal = (
  status: number,
  name: string,
  title: string,
  code: BodyRefusalCode,
  detail: string,
): Problem => Object.freeze({ type: problemType(name), status, title, detail, extensions: { code } })

const unsupported = (code: BodyRefusalCode, detail: string): Problem =>
  refusal(415, 'unsupported-content', 'The content is of an unsupported kind', code, detail)

const invalid = (code: BodyRefusalCode, detail: string): Problem =>
  refusal(400, 'invalid-body', 'The body is not acceptable', code, detail)

/** The answer to each refusal. Nothing in it comes from the request. */
export const bodyRefusals: Readonly<Record<BodyRefusalCode, Problem>> = Object.freeze({
  'content-type-unsupported': unsupported(
    'content-type-unsupported',
    'Send a content type that this server reads.',
  ),
  'charset-unsupported': unsupported('charset-unsupported', 'Send the body as UTF-8.'),
  'content-encoding-unsupported': unsupported(
    'content-encoding-unsupported',
    'Send the body without a content encoding.',
  ),
  'transfer-encoding-unsupported': refusal(
    501,
    'unsupported-transfer-coding',
    'The transfer coding is not supported',
    'transfer-encoding-unsupported',
    'Send the body chunked or with its length, and with no other transfer coding.',
  ),
  'content-encoding-malformed': invalid(
    'content-encoding-malformed',
    'The body is not what its content encoding says.',
  ),
  'too-large': refusal(
    413,
    'body-too-large',
    'The body is too large',
    'too-large',
    'The body has more bytes than this server reads.',
  ),
  timeout: refusal(
    408,
    'body-timeout',
    'The body came too slowly',
    'timeout',
    'The body was not complete in time.',
  ),
  'invalid-utf8': invalid('invalid-utf8', 'The body is not valid UTF-8.'),
  malformed: invalid('malformed', 'The body is not what its content type says.'),
  'not-structured': invalid('not-structured', 'The body must be an object or an array.'),
  'too-deep': invalid('too-deep', 'Objects and arrays are nested too deeply.'),
  'too-many-keys': invalid('too-many-keys', 'The body has too many members.'),
  'array-too-long': invalid('array-too-long', 'An array has too many elements.'),
  'duplicate-key': invalid('duplicate-key', 'An object has two members of the same name.'),
  'forbidden-key': invalid('forbidden-key', 'A member has a name that is not allowed.'),
})
