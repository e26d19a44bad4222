import { type Clock, repeat, runDetached } from '@alfred/core'
import type { ChatStore, StoredAnswer } from '../chat/chat-store.ts'
import type { Owner } from '../owners/owners.ts'
import type { AnswerEntry, AnswerLog } from './answer-log.ts'
import { LiveAnswer } from './live-answer.ts'

/** An answer that is read. */
export interface FollowedAnswer extends Disposable {
  readonly sessionId: string
  readonly live: LiveAnswer
}

/** How often the database is asked: as often as answers are saved. */
const pollMs = 1000

interface FollowOptions {
  readonly owner: Owner
  readonly messageId: string
  readonly store: Pick<ChatStore, 'answer'>
  readonly log: AnswerLog
  readonly clock: Clock
}

function takeStored(live: LiveAnswer, { text, provider, model, end }: StoredAnswer): void {
  if (provider !== null && model !== null) live.begin({ provider, model })
  live.extendTo(text)
  if (end) live.finish(end)
}

/** Takes an entry that fits what is there. Where entries were lost the database has the text. */
function takeEntry(live: LiveAnswer, entry: AnswerEntry): void {
  if (entry.type === 'provider') live.begin(entry.answerer)
  else if (entry.type === 'text') {
    const known = live.text.length - entry.at
    if (known >= 0) live.append(entry.text.slice(known))
  } else if (live.text.length === entry.at) live.finish(entry.end)
}

/** Follows an answer that another instance makes, or has made. */
export async function followAnswer({
  owner,
  messageId,
  store,
  log,
  clock,
}: FollowOptions): Promise<FollowedAnswer | undefined> {
  const stored = await store.answer(messageId)
  if (stored?.owner !== owner) return undefined
  const live = new LiveAnswer()
  takeStored(live, stored)
  if (live.end) return { sessionId: stored.sessionId, live, [Symbol.dispose]: () => undefined }

  const poll = async (): Promise<void> => {
    const now = await store.answer(messageId)
    if (now) takeStored(live, now)
    else live.finish({ state: 'cut', finish: 'cut' })
  }
  const polling = repeat(clock, pollMs, () => {
    // A database that is away is asked again.
    runDetached(poll, () => undefined)
  })
  const stopFollowing = log.follow(messageId, (entry) => {
    takeEntry(live, entry)
  })
  return {
    sessionId: stored.sessionId,
    live,
    [Symbol.dispose]() {
      polling.cancel()
      stopFollowing()
    },
  }
}
