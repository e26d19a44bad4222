export { createBodyGuard } from './body/body-guard.ts'
export type { BodyGuardOptions } from './body/body-guard-options.ts'
export type { BodyRefusalCode } from './body/body-refusal.ts'
export { detectors } from './detectors/detectors.ts'
export type { DetectorName, Finding } from './detectors/text/finding.ts'
export { escapeHtml } from './html/escape-html.ts'
export { fileName, type FileNameOptions } from './fields/file-name.ts'
export { html, type HtmlOptions } from './fields/html.ts'
export { identifier, type IdentifierOptions } from './fields/identifier.ts'
export { publicLookup } from './fields/public-lookup.ts'
export { placeholdersOf, renderTemplate } from './fields/render-template.ts'
export { template, templateContent, type TemplateOptions } from './fields/template.ts'
export {
  chatMessage,
  type ChatMessageOptions,
  code,
  markdown,
  text,
  type TextOptions,
} from './fields/text.ts'
export type { TextSize } from './fields/text-size.ts'
export { url, type UrlOptions } from './fields/url.ts'
export { type HtmlPolicy, toDomPurifyConfig } from './html/html-policy.ts'
export {
  createHtmlSanitizer,
  type HtmlOutcome,
  type HtmlRefusalCode,
  type HtmlSanitizer,
} from './sanitizers/html-sanitizer.ts'
export type { HtmlSanitizerOptions } from './sanitizers/html-sanitizer-options.ts'
export type { DetectorAction, DetectorSetting, DetectorSettings } from './inspection/detector-settings.ts'
export type { ContentFlag, FieldKind } from './inspection/flag-collector.ts'
export type { PromptScorer } from './inspection/prompt-scorer.ts'
export type { MarkdownPolicy } from './markdown/markdown-policy.ts'
export { createMarkdownRenderer, type MarkdownRenderer } from './sanitizers/markdown-renderer.ts'
export type { MarkdownRendererOptions } from './sanitizers/markdown-renderer-options.ts'
export { createRequestLimits, type RequestRefusalCode } from './request/request-limits.ts'
export type { RepeatedParameters, RequestLimitsOptions } from './request/request-limits-options.ts'
export { type RequestSchemas, validate, type Validation, type ValidInput } from './request/validate.ts'
export type { ValidateOptions } from './request/validate-options.ts'
export type { ValidationError } from './request/validation-error.ts'
export { bodyGuardPeers } from './body/body-guard-peers.ts'
export { requestLimitsPeers } from './request/request-limits-peers.ts'
