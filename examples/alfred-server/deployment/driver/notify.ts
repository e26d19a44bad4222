import { readFile } from 'node:fs/promises'

/** What people are told of a deployment. */
export interface Notification {
  readonly version: string
  readonly environment: string
  readonly outcome: string
  readonly detail: string
}

/** The body that Slack, Mattermost and their kind take. */
export const notificationBody = ({ version, environment, outcome, detail }: Notification): string =>
  JSON.stringify({
    text: `Alfred ${version} on ${environment}: ${outcome}${detail === '' ? '' : `. ${detail}`}`,
  })

/** Posts to the address in a file. Does nothing without one. */
export async function notify(webhookFile: string | undefined, notification: Notification): Promise<void> {
  if (webhookFile === undefined) return
  const url = (await readFile(webhookFile, 'utf8')).trim()
  if (url === '') return
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: notificationBody(notification),
    signal: AbortSignal.timeout(10_000),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the notification was refused with ${String(response.status)}`)
}
