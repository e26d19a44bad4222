/**
 * Whether a provider takes a key: `unknown` when it could not be asked, `not_applicable` when it asks for none.
 */
export type KeyValidity = 'valid' | 'invalid' | 'unknown' | 'not_applicable'
