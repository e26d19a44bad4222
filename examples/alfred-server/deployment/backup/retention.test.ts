import { expect, it } from 'vitest'
import { idOf } from './manifest.ts'
import { removableBackups, type StoredBackup } from './retention.ts'

const dayMs = 86_400_000
const now = Date.parse('2026-12-01T04:00:00Z')
const daysAgo = (days: number): string => idOf(new Date(now - days * dayMs))

function backup(id: string, is: Partial<StoredBackup> = {}): StoredBackup {
  return { id, isGood: true, isVerified: false, ...is }
}

const keptOf = (backups: readonly StoredBackup[]): readonly string[] => {
  const removed = removableBackups(backups, now)
  return backups.map(({ id }) => id).filter((id) => !removed.includes(id))
}

it('keeps seven days, four weeks and six months of a backup a day', () => {
  const year = Array.from({ length: 365 }, (_, days) => backup(daysAgo(days)))
  expect(keptOf(year).map((id) => id.slice(0, 8))).toEqual([
    '20261201',
    '20261130',
    '20261129',
    '20261128',
    '20261127',
    '20261126',
    '20261125',
    '20261122',
    '20261115',
    '20261031',
    '20260930',
    '20260831',
    '20260731',
  ])
})

it.each([
  { what: 'a good one, however old, when all newer ones are bad', good: 400, bad: [0, 1, 2, 3, 40], kept: 5 },
  { what: 'everything when nothing is good', good: undefined, bad: [0, 1, 400], kept: 3 },
])('keeps $what', ({ good, bad, kept }) => {
  const backups = [
    ...bad.map((days) => backup(daysAgo(days), { isGood: false })),
    ...(good === undefined ? [] : [backup(daysAgo(good))]),
  ]
  const found = keptOf(backups)
  expect(found).toHaveLength(kept)
  if (good !== undefined) expect(found).toContain(daysAgo(good))
})

it('keeps the newest that was restored, and every good one of the last day', () => {
  const verified = backup(daysAgo(200), { isVerified: true })
  const hourly = Array.from({ length: 24 }, (_, hours) => backup(daysAgo(hours / 24)))
  const daily = Array.from({ length: 200 }, (_, days) => backup(daysAgo(days + 1)))
  const found = keptOf([...hourly, ...daily, verified])
  expect(found).toContain(verified.id)
  for (const { id } of hourly) expect(found).toContain(id)
})

it('removes nothing whose name it cannot read', () => {
  expect(removableBackups([backup('20261201T030000Z'), backup('notes', { isGood: false })], now)).toEqual([])
})
