export { createBodyGuard } from './body-guard.ts'
export type { BodyGuardOptions } from './body-guard-options.ts'
export type { BodyRefusalCode } from './body-refusal.ts'
export { escapeHtml } from './escape-html.ts'
export { type HtmlPolicy, toDomPurifyConfig } from './html-policy.ts'
export {
  createHtmlSanitizer,
  type HtmlOutcome,
  type HtmlRefusalCode,
  type HtmlSanitizer,
} from './html-sanitizer.ts'
export type { HtmlSanitizerOptions } from './html-sanitizer-options.ts'
export { identifier, type IdentifierOptions } from './identifier.ts'
export { chatMessage, templateContent, text, type TextOptions } from './text.ts'
export { type RequestSchemas, validate, type Validation, type ValidInput } from './validate.ts'
export type { ValidateOptions } from './validate-options.ts'
export type { ValidationError } from './validation-error.ts'
