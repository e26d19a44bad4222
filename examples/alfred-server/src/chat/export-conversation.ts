import type { StoredMessage } from './chat-store.ts'
import type { SessionSummary } from './session-store.ts'

function heading({ role, provider, model, createdAt, state }: StoredMessage): string {
  const who = role === 'user' ? 'You' : `Alfred${provider === null ? '' : ` (${provider}, ${model ?? ''})`}`
  const note = state === 'complete' ? '' : `, ${state}`
  return `## ${who}, ${createdAt.toISOString()}${note}`
}

/** A conversation as a Markdown document; messages are Markdown already. */
export function toMarkdown({ title }: SessionSummary, messages: readonly StoredMessage[]): string {
  const parts = messages.map((message) => `${heading(message)}\n\n${message.content.trimEnd()}\n`)
  return `# ${title.replace(/\s+/g, ' ')}\n\n${parts.join('\n')}`
}
