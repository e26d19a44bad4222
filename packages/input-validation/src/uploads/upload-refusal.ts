import { type Problem, problemType } from '@alfred/core'
import { bodyRefusals } from '../body/body-refusal.ts'

/** Why an upload was refused; the `code` member of the problem and of the event. */
export type UploadRefusalCode =
  | 'field-too-long'
  | 'file-name-refused'
  | 'file-too-large'
  | 'file-type-refused'
  | 'forbidden-key'
  | 'malformed'
  | 'not-multipart'
  | 'timeout'
  | 'too-large'
  | 'too-many-fields'
  | 'too-many-files'
  | 'unexpected-file'

const refusal = (
  status: number,
  name: string,
  title: string,
  code: UploadRefusalCode,
  detail: string,
): Problem => Object.freeze({ type: problemType(name), status, title, detail, extensions: { code } })

const invalid = (code: UploadRefusalCode, detail: string): Problem =>
  refusal(400, 'invalid-upload', 'The upload is not acceptable', code, detail)

/** The answer to each refusal. Nothing in it comes from the request. */
export const uploadRefusals: Readonly<Record<UploadRefusalCode, Problem>> = Object.freeze({
  'field-too-long': invalid('field-too-long', 'A field, or the name of one, is too long.'),
  'file-name-refused': invalid('file-name-refused', 'A file has a name that is not allowed.'),
  'forbidden-key': invalid('forbidden-key', 'A field has a name that is not allowed.'),
  malformed: invalid('malformed', 'The body is not valid multipart/form-data.'),
  'too-many-fields': invalid('too-many-fields', 'The form has too many fields.'),
  'too-many-files': invalid('too-many-files', 'There are too many files.'),
  'unexpected-file': invalid('unexpected-file', 'A file is in a field that takes none.'),
  'file-too-large': refusal(
    413,
    'body-too-large',
    'The body is too large',
    'file-too-large',
    'A file has more bytes than this server takes.',
  ),
  'file-type-refused': refusal(
    415,
    'unsupported-content',
    'The content is of an unsupported kind',
    'file-type-refused',
    'A file is of a type that this server does not take.',
  ),
  'not-multipart': refusal(
    415,
    'unsupported-content',
    'The content is of an unsupported kind',
    'not-multipart',
    'Send files as multipart/form-data.',
  ),
  timeout: bodyRefusals.timeout,
  'too-large': bodyRefusals['too-large'],
})
