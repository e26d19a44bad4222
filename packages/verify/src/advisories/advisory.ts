import type { AlfredConfig } from '@alfred/prod-security'
import type { Answer, RawRequest } from './raw-request.ts'

/** What an advisory is about. */
export type AdvisoryKind =
  | 'address'
  | 'body'
  | 'cross-origin'
  | 'fetch'
  | 'host'
  | 'key'
  | 'limit'
  | 'sanitizer'
  | 'target'
  | 'telemetry'

/** One attempt as an advisory describes it, translated to this stack. */
export type Attack =
  /** Targets that name a route with a required key in some spelling; no key is sent. */
  | {
      readonly by: 'target'
      readonly targets: readonly string[]
      readonly headers?: RawRequest['headers']
      /** Of the hardened stack alone. */
      readonly config?: AlfredConfig
    }
  /** Requests one after the other, or at once; `holds` judges the answers. `{key}` in a header is a valid key. */
  | {
      readonly by: 'requests'
      readonly requests: readonly RawRequest[]
      readonly together?: boolean
      readonly config?: AlfredConfig
      readonly holds: (answers: readonly Answer[]) => boolean
    }
  /** Configurations that must be refused. */
  | { readonly by: 'config'; readonly configs: readonly unknown[] }
  /** URLs that must not be fetched. */
  | { readonly by: 'url'; readonly urls: readonly string[] }
  /** Markup that must come out harmless, or be refused. */
  | { readonly by: 'html'; readonly html: readonly string[] }
  /** Markdown whose HTML must load nothing from elsewhere, and run nothing. */
  | { readonly by: 'markdown'; readonly markdown: readonly string[] }
  | { readonly by: 'call'; readonly holds: () => boolean | Promise<boolean> }

/** A published advisory. */
export interface Advisory {
  readonly id: string
  readonly package: string
  readonly kind: AdvisoryKind
  readonly source: string
  /** What was wrong, in one sentence. */
  readonly fault: string
}

/** An advisory with the attempts that show whether this stack has the fault. */
export interface ReplayedAdvisory extends Advisory {
  readonly attacks: readonly [Attack, ...Attack[]]
}

/** An advisory that cannot concern this stack. */
export interface ForeignAdvisory extends Advisory {
  readonly notApplicable: string
}
