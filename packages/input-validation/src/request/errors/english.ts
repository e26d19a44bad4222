import type { Sentences } from './sentences.ts'

/** What the packages say by themselves. */
export const english: Pick<Sentences, 'errors' | 'units'> = {
  errors: {
    required: 'Is required.',
    'wrong-type': 'Must be of type {expected}.',
    'wrong-format': 'Is not in the expected format.',
    'too-long': 'Must have at most {maximum} {unit}.',
    'too-short': 'Must have at least {minimum} {unit}.',
    'too-big': 'Must be at most {maximum}.',
    'too-big:exclusiveMaximum': 'Must be less than {exclusiveMaximum}.',
    'too-small': 'Must be at least {minimum}.',
    'too-small:exclusiveMinimum': 'Must be more than {exclusiveMinimum}.',
    'not-allowed': 'Is none of the allowed values.',
    'unknown-member': 'Is not known.',
    'unknown-member:unnamed': 'Has members that are not known.',
    'unknown-member:suggestion': 'Is not known. Did you mean {suggestion}?',
    repeated: 'Must be given once.',
    'lone-surrogate': 'Must be well-formed Unicode text.',
    'nul-character': 'Must not contain the character U+0000.',
    'refused-content': 'Has content that is not accepted here.',
    'not-sanitized': 'Could not be made safe to show.',
    'host-not-allowed': 'Names a host that is not allowed.',
    'unknown-placeholder': 'Has a placeholder that is not declared.',
    invalid: 'Is not valid.',
  },
  units: {
    bytes: 'bytes',
    characters: 'characters',
    'code-units': 'UTF-16 code units',
    elements: 'elements',
  },
}
