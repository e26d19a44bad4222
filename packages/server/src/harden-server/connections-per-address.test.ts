import { Socket } from 'node:net'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { limitConnectionsPerAddress } from './connections-per-address.ts'

function socketOf(address: string | undefined): Socket {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  return socket
}

it.each([
  ['one address', ['203.0.113.7', '203.0.113.7', '203.0.113.7'], [true, true, false]],
  ['two addresses', ['203.0.113.7', '203.0.113.8', '203.0.113.7'], [true, true, true]],
  ['an address in two forms', ['203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7'], [true, true, false]],
  ['one /64', ['2001:db8::1', '2001:db8::2', '2001:db8::3'], [true, true, false]],
  ['two /64', ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::3'], [true, true, true]],
  ['an exempt one', ['10.0.0.1', '10.0.0.1', '10.0.0.1'], [true, true, true]],
  ['no address', [undefined, undefined, undefined], [true, true, true]],
])('admits two of %s', (_what, addresses, expected) => {
  const admits = limitConnectionsPerAddress(2, ['10.0.0.0/8'])
  expect(addresses.map((address) => admits(socketOf(address)))).toEqual(expected)
})

it('never holds more than it may, nor forgets one that closed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.boolean(), { maxLength: 60 }), (max, opens) => {
      const admits = limitConnectionsPerAddress(max, [])
      const open: Socket[] = []
      for (const isOpening of opens) {
        if (isOpening) {
          const socket = socketOf('203.0.113.7')
          const admitted = admits(socket)
          expect(admitted).toBe(open.length < max)
          if (admitted) open.push(socket)
        } else open.pop()?.emit('close')
      }
    }),
  )
})
