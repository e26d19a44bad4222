import {
  chatMessage,
  code,
  createHtmlSanitizer,
  createMarkdownRenderer,
  fileName,
  html,
  identifier,
  markdown,
  template,
  templateContent,
  text,
  url,
} from '../src/index.ts'

/** A field, as much as is needed to ask it. */
interface Field {
  safeParseAsync(value: unknown): Promise<{ readonly success: boolean; readonly data?: unknown }>
}

const maxLength = 1_000_000

/** What was wrong with the answers to one text. */
export interface EveryField {
  /**
   * Puts a text into a field of every kind, and shows it as Markdown.
   *
   * @returns what went wrong: an exception, or a character that was lost
   */
  faultsOf(value: string): Promise<readonly string[]>
  close(): Promise<void>
}

/** Builds a field of every kind, with what `html` and `markdown` need. */
export async function createEveryField(): Promise<EveryField> {
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000, maxLength })
  const renderer = createMarkdownRenderer({ timeoutMs: 60_000 })
  await Promise.all([sanitizer.ready(), renderer.ready()])
  const verbatim: Readonly<Record<string, Field>> = {
    text: text({ maxLength }),
    code: code({ maxLength }),
    markdown: markdown({ maxLength }),
    chatMessage: chatMessage({ maxLength }),
    templateContent: templateContent({ maxLength }),
  }
  const others: Readonly<Record<string, Field>> = {
    html: html({ maxLength, sanitizer }),
    url: url(),
    identifier: identifier(),
    'identifier of words': identifier({ characters: 'words' }),
    fileName: fileName(),
    template: template({ maxLength, placeholders: ['name'] }),
  }
  return {
    async faultsOf(value) {
      const faults: string[] = []
      const attempt = async (name: string, action: () => Promise<string | undefined>): Promise<void> => {
        try {
          const fault = await action()
          if (fault !== undefined) faults.push(`${name}: ${fault}`)
        } catch (error) {
          faults.push(`${name}: ${String(error)}`)
        }
      }
      for (const [name, field] of Object.entries(verbatim)) {
        await attempt(name, async () => {
          const { success, data } = await field.safeParseAsync(value)
          return success && data !== value ? 'something was lost' : undefined
        })
      }
      for (const [name, field] of Object.entries(others)) {
        await attempt(name, async () => {
          await field.safeParseAsync(value)
          return undefined
        })
      }
      await attempt('rendered Markdown', async () => {
        await renderer.renderMarkdown(value)
        return undefined
      })
      return faults
    },
    async close() {
      await Promise.all([sanitizer.close(), renderer.close()])
    },
  }
}
