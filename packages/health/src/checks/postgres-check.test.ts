import { expect, it, vi } from 'vitest'
import { postgresCheck, type PostgresClient } from './postgres-check.ts'

function fakePool(query: PostgresClient['query']) {
  const release = vi.fn<PostgresClient['release']>()
  const asked = vi.fn(query)
  const pool = {
    connect: () => Promise.resolve({ query: asked, release }),
    totalCount: 4,
    idleCount: 1,
    waitingCount: 0,
    options: { max: 10 },
  }
  return { asked, pool, release }
}

it('reports the use of the pool and of the server, and gives the connection back', async () => {
  const { asked, pool, release } = fakePool((query) =>
    Promise.resolve(query === 'SELECT 1' ? {} : { rows: [{ used: 25, max: 100 }] }),
  )
  await expect(postgresCheck(pool).check(new AbortController().signal)).resolves.toEqual({
    status: 'pass',
    measurements: [
      { name: 'connections', componentId: 'busy', observedValue: 3, observedUnit: 'connections' },
      { name: 'connections', componentId: 'waiting', observedValue: 0, observedUnit: 'callers' },
      { name: 'utilization', componentId: 'pool', observedValue: 30, observedUnit: 'percent' },
      { name: 'utilization', componentId: 'server', observedValue: 25, observedUnit: 'percent' },
    ],
  })
  expect(asked).toHaveBeenCalledTimes(2)
  expect(release.mock.calls).toEqual([[false]])
})

it.each<[string, unknown, number | false | undefined, object]>([
  ['89 of 100', { rows: [{ used: 89, max: 100 }] }, undefined, { status: 'pass' }],
  [
    '90 of 100',
    { rows: [{ used: 90, max: 100 }] },
    undefined,
    { status: 'warn', output: "the server's connections are nearly used up" },
  ],
  ['90 of 100 and no limit', { rows: [{ used: 90, max: 100 }] }, false, { status: 'pass' }],
  ['no rows', { rows: [] }, undefined, { status: 'pass' }],
  ['nothing', undefined, undefined, { status: 'pass' }],
])('when the server tells of %s', async (_name, answer, warnAtServerConnections, expected) => {
  const { pool } = fakePool(() => Promise.resolve(answer))
  const { check } = postgresCheck(pool, { warnAtServerConnections })
  await expect(check(new AbortController().signal)).resolves.toMatchObject(expected)
})

it('does not fail when the server does not tell of its connections', async () => {
  const { pool, release } = fakePool((query) =>
    query === 'SELECT 1' ? Promise.resolve() : Promise.reject(new Error('no such table')),
  )
  await expect(postgresCheck(pool).check(new AbortController().signal)).resolves.toMatchObject({
    status: 'pass',
  })
  expect(release.mock.calls).toEqual([[false]])
})

it.each([
  [0, 0, 'pass'],
  [1, 0, 'warn'],
  [5, 5, 'pass'],
  [6, 5, 'warn'],
])(
  'with %i callers waiting and warnAboveWaiting %i it is %s',
  async (waitingCount, warnAboveWaiting, status) => {
    const { pool } = fakePool(() => Promise.resolve())
    const { check } = postgresCheck({ ...pool, waitingCount }, { warnAboveWaiting })
    await expect(check(new AbortController().signal)).resolves.toMatchObject({ status })
  },
)

it('destroys a connection whose query fails', async () => {
  const { pool, release } = fakePool(() => Promise.reject(new Error('no')))
  await expect(postgresCheck(pool).check(new AbortController().signal)).rejects.toThrow('no')
  expect(release.mock.calls).toEqual([[true]])
})

it('destroys a connection whose query takes too long, once', async () => {
  const controller = new AbortController()
  const { pool, release } = fakePool(
    () =>
      new Promise((_resolve, reject) => {
        // As pg does: destroying the connection ends its query.
        release.mockImplementation(() => {
          reject(new Error('terminated'))
        })
      }),
  )
  const run = postgresCheck(pool).check(controller.signal)
  await Promise.resolve()
  controller.abort()
  await expect(run).rejects.toThrow('terminated')
  expect(release.mock.calls).toEqual([[true]])
})

it('gives a connection back that came too late', async () => {
  const { asked, pool, release } = fakePool(() => Promise.resolve())
  await postgresCheck(pool).check(AbortSignal.abort())
  expect(asked).not.toHaveBeenCalled()
  expect(release).toHaveBeenCalledOnce()
})
