import { createFakeClock } from '@alfred/testkit'
import { EventEmitter } from 'node:events'
import { BroadcastChannel, threadId as ownThreadId } from 'node:worker_threads'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createThreadDrains, onThreadDrain, type ThreadLike } from './thread-drains.ts'

/** A thread that ends when it is told to. */
class FakeThread extends EventEmitter implements ThreadLike {
  readonly threadId: number

  constructor(threadId: number) {
    super()
    this.threadId = threadId
  }
}

function listenAsThread() {
  const reasons = vi.fn<(reason: string) => void>()
  onTestFinished(onThreadDrain(reasons))
  return reasons
}

function setUp(threadId: number) {
  const clock = createFakeClock()
  const drains = createThreadDrains(clock)
  const thread = new FakeThread(threadId)
  drains.attach(thread)
  onTestFinished(() => {
    thread.emit('exit', 0)
  })
  return { clock, drains, thread }
}

it('begins the drain of a thread that listens only later, once', async () => {
  const { clock, drains, thread } = setUp(ownThreadId)
  drains.start('SIGTERM')
  const reasons = listenAsThread()
  clock.advance(100)
  await expect.poll(() => reasons.mock.calls).toEqual([['SIGTERM']])
  clock.advance(1000)
  thread.emit('exit', 0)
  expect(drains.unfinished).toBe(0)
  expect(reasons).toHaveBeenCalledTimes(1)
})

it('does not begin the drain of a thread that belongs to another', async () => {
  const reasons = listenAsThread()
  const [other, own] = [setUp(ownThreadId + 1), setUp(ownThreadId)]
  other.drains.start('of another')
  own.drains.start('own')
  await expect.poll(() => reasons.mock.calls).toEqual([['own']])
})

it('says nothing any more once all threads have ended', async () => {
  const { clock, drains, thread } = setUp(ownThreadId)
  drains.start('SIGTERM')
  thread.emit('exit', 0)
  const messages: unknown[] = []
  const [listening, speaking] = [new BroadcastChannel('alfred.drain'), new BroadcastChannel('alfred.drain')]
  onTestFinished(() => {
    listening.close()
    speaking.close()
  })
  listening.onmessage = ({ data }: { readonly data: unknown }) => messages.push(data)
  clock.advance(1000)
  speaking.postMessage('last')
  await expect.poll(() => messages).toEqual(['last'])
})
