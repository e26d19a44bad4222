import { expect, it } from 'vitest'
import { checkSite, type EdgeSite, siteFiles, slotLine } from './edge-files.ts'

const site: EdgeSite = {
  names: ['alfred.example.com'],
  trustedProxies: ['10.0.0.0/8', '2001:db8::/32'],
  listenHttps: ['443', '[::]:443'],
  listenHttp: ['80'],
  listenStatus: '8081',
  publicHttpsPort: 443,
  root: '/etc/alfred',
  accessLog: '/dev/stdout',
  resolver: '127.0.0.11',
}

it('writes what differs between two edges', () => {
  expect(siteFiles(site)).toMatchObject({
    'listen-https.conf': 'listen 443 ssl;\nlisten [::]:443 ssl;\n',
    'real-ip.conf':
      'set_real_ip_from 10.0.0.0/8;\nset_real_ip_from 2001:db8::/32;\nreal_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n',
    'redirect.conf': 'return 301 https://$host$request_uri;\n',
    'resolver.conf': 'resolver 127.0.0.11 valid=5s ipv6=off;\n',
  })
  expect(siteFiles({ ...site, trustedProxies: [], publicHttpsPort: 8443 })).toMatchObject({
    'real-ip.conf': '',
    'redirect.conf': 'return 301 https://$host:8443$request_uri;\n',
  })
})

it.each<[string, Partial<EdgeSite>]>([
  ['ALFRED_PUBLIC_NAMES: name at least one', { names: [] }],
  ['ALFRED_PUBLIC_NAMES: "a; return 200"', { names: ['a; return 200'] }],
  ['ALFRED_TRUSTED_PROXIES: "all"', { trustedProxies: ['all'] }],
  ['ALFRED_STATE: "/a b"', { root: '/a b' }],
  ['listen: "443 ssl"', { listenHttps: ['443 ssl'] }],
])('refuses what nginx could read as something else: %s', (message, change) => {
  expect(() => {
    checkSite({ ...site, ...change })
  }).toThrow(message)
})

it('never lets nginx take a slot out by itself', () => {
  const slot = { name: 'a', address: 'app-a:3000' } as const
  expect(slotLine(slot, true, true)).toBe('server app-a:3000 resolve max_fails=0;\n')
  expect(slotLine(slot, false, false)).toBe('server app-a:3000 max_fails=0 down;\n')
})
