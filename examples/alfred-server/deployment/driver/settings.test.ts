import { expect, it } from 'vitest'
import { readDeploySettings } from './settings.ts'

it('takes compose and its ports by default', () => {
  expect(
    readDeploySettings({ ALFRED_PUBLIC_NAMES: 'a.example.com, b.example.com' }, 'production'),
  ).toMatchObject({
    backend: 'compose',
    stateFolder: '/var/lib/alfred',
    kept: 3,
    site: {
      names: ['a.example.com', 'b.example.com'],
      listenHttps: ['443', '[::]:443'],
      root: '/etc/alfred',
    },
  })
})

it('never keeps fewer than three releases', () => {
  expect(readDeploySettings({ ALFRED_PUBLIC_NAMES: 'a', ALFRED_KEEP_RELEASES: '0' }, 'x').kept).toBe(3)
})

it('names every problem at once', () => {
  const wrong = { ALFRED_BACKEND: 'swarm', ALFRED_STATE: 'state', ALFRED_DRAIN_SECONDS: 'long' }
  expect(() => readDeploySettings(wrong, 'x')).toThrow(
    /ALFRED_BACKEND must be.*ALFRED_STATE must begin.*ALFRED_PUBLIC_NAMES must name.*ALFRED_DRAIN_SECONDS must be/,
  )
})
