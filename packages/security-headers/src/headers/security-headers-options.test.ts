import type { ConfigProblemCode } from '@alfred/core'
import helmet from 'helmet'
import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../test/support/exchange.ts'
import { createSecurityHeaders } from './security-headers.ts'

type Refused = [options: object, path: string, code: ConfigProblemCode, suggestion?: string]

const csp = (directives: object): object => ({ contentSecurityPolicy: { directives } })
const at = (rest: string): string => `headers.contentSecurityPolicy.directives.${rest}`

const unknown = 'ALFRED_CONFIG_UNKNOWN_KEY'
const range = 'ALFRED_CONFIG_OUT_OF_RANGE'
const type = 'ALFRED_CONFIG_WRONG_TYPE'
const conflict = 'ALFRED_CONFIG_CONFLICT'
const unsafe = 'ALFRED_CONFIG_UNSAFE'
const missing = 'ALFRED_CONFIG_MISSING'

const refuse = (options: object) => problemsOf(() => createSecurityHeaders(options))

describe('refused at construction', () => {
  it.each<Refused>([
    [{ frameGuard: true }, 'headers.frameGuard', unknown, 'frameguard'],
    [{ contentSecurityPolcy: {} }, 'headers.contentSecurityPolcy', unknown, 'contentSecurityPolicy'],
    [{ preset: 'sap' }, 'headers.preset', range, 'spa'],
    [{ hsts: {}, strictTransportSecurity: {} }, 'headers.hsts', conflict],
    [{ noSniff: true, xContentTypeOptions: true }, 'headers.noSniff', conflict],
    [{ hsts: { maxAge: 1000, preload: true } }, 'headers.hsts.preload', conflict],
    [{ hsts: { includeSubDomains: false, preload: true } }, 'headers.hsts.preload', conflict],
    [{ hsts: { maxage: 1000 } }, 'headers.hsts.maxage', unknown, 'maxAge'],
    [{ hsts: { includeSubdomains: true } }, 'headers.hsts.includeSubdomains', unknown, 'includeSubDomains'],
    [{ hsts: { maxAge: -1 } }, 'headers.hsts.maxAge', range],
    [{ hsts: { maxAge: NaN } }, 'headers.hsts.maxAge', type],
    [{ xFrameOptions: { action: 'allow-from' } }, 'headers.xFrameOptions.action', range],
    [{ xContentTypeOptions: { nosniff: true } }, 'headers.xContentTypeOptions', type],
    [{ referrerPolicy: { policy: 'same-orign' } }, 'headers.referrerPolicy.policy[0]', range, 'same-origin'],
    [{ referrerPolicy: { policy: [] } }, 'headers.referrerPolicy.policy', range],
    [{ referrerPolicy: { policy: ['origin', 'origin'] } }, 'headers.referrerPolicy.policy', conflict],
    [
      { crossOriginEmbedderPolicy: { policy: 'require' } },
      'headers.crossOriginEmbedderPolicy.policy',
      range,
      'require-corp',
    ],
    [{ permissionsPolicy: { camara: 'none' } }, 'headers.permissionsPolicy.camara', unknown, 'camera'],
    [{ permissionsPolicy: { camera: "'self'" } }, 'headers.permissionsPolicy.camera', range, 'self'],
    [{ permissionsPolicy: { camera: ["'self'"] } }, 'headers.permissionsPolicy.camera[0]', range, 'self'],
    [
      { permissionsPolicy: { usb: 'none', 'usb ': 'none' } },
      'headers.permissionsPolicy."usb "',
      unknown,
      'usb',
    ],
    [
      { permissionsPolicy: { displayCapture: 'none', 'display-capture': 'self' } },
      'headers.permissionsPolicy.display-capture',
      conflict,
    ],
    [{ permissionsPolicy: true }, 'headers.permissionsPolicy', type],
    [{ reportingEndpoints: { csp: 'http://reports.example.com' } }, 'headers.reportingEndpoints.csp', range],
    [{ reportingEndpoints: { csp: '//evil.example' } }, 'headers.reportingEndpoints.csp', range],
    [{ reportingEndpoints: { csp: '/a"b' } }, 'headers.reportingEndpoints.csp', range],
    [{ reportingEndpoints: { CSP: '/reports' } }, 'headers.reportingEndpoints.CSP', range],
    [{ integrityPolicy: {} }, 'headers.integrityPolicy.blockedDestinations', missing],
    [
      { integrityPolicy: { blockedDestinations: ['scripts'] } },
      'headers.integrityPolicy.blockedDestinations[0]',
      range,
      'script',
    ],
    [
      {
        reportingEndpoints: { csp: '/r' },
        integrityPolicy: { blockedDestinations: ['script'], endpoints: ['cps'] },
      },
      'headers.integrityPolicy.endpoints',
      conflict,
      'csp',
    ],
    [{ cacheControl: {} }, 'headers.cacheControl.noStore', missing],
    [{ cacheControl: { noStore: 'api' } }, 'headers.cacheControl.noStore', range],
    [{ overrides: [{ frameguard: false }] }, 'headers.overrides[0].path', missing],
    [
      { overrides: [{ path: '/a', hsts: { maxAge: 1, preload: true } }] },
      'headers.overrides[0].hsts.preload',
      conflict,
    ],
    [{ trustProxy: true }, 'headers.trustProxy', unsafe],
    [{ logger: {} }, 'headers.logger', type],
    [
      { contentSecurityPolicy: { reportOnly: true }, contentSecurityPolicyReportOnly: {} },
      'headers.contentSecurityPolicyReportOnly',
      conflict,
    ],
    [{ contentSecurityPolicy: { useDefaults: false } }, at('defaultSrc'), missing],
    [csp({ scriptSr: ["'self'"] }), at('scriptSr'), unknown, 'scriptSrc'],
    [csp({ 'script-sr': ["'self'"] }), at('script-sr'), unknown, 'script-src'],
    [csp({ scriptSrc: ["'self'"], 'script-src': ["'none'"] }), at('script-src'), conflict],
    [csp({ scriptSrc: ['self'] }), at('scriptSrc[0]'), range, "'self'"],
    [csp({ scriptSrc: ["'self'", 'unsafe-inline'] }), at('scriptSrc[1]'), range, "'unsafe-inline'"],
    [csp({ scriptSrc: ["'slef'"] }), at('scriptSrc[0]'), range, "'self'"],
    [csp({ scriptSrc: ['nonce-abc'] }), at('scriptSrc[0]'), range, "'nonce-abc'"],
    [csp({ scriptSrc: ['sha256-abc='] }), at('scriptSrc[0]'), range, "'sha256-abc='"],
    [csp({ scriptSrc: ["'nonce-abc'"] }), at('scriptSrc[0]'), unsafe, "'nonce'"],
    [csp({ scriptSrc: ["'strict-dynamic'"] }), at('scriptSrc'), conflict],
    [csp({ scriptSrc: ["'none'", "'self'"] }), at('scriptSrc'), conflict],
    [csp({ scriptSrc: "'self' unsafe-eval" }), at('scriptSrc'), range, "'unsafe-eval'"],
    [csp({ scriptSrc: ["'self'; report-uri /x"] }), at('scriptSrc[0]'), range],
    [csp({ scriptSrc: ['a.example,b.example'] }), at('scriptSrc[0]'), range],
    [csp({ scriptSrc: ['a.example\r\nX-Forged:'] }), at('scriptSrc[0]'), range],
    [csp({ imgSrc: ['a.example\nb.example'] }), at('imgSrc[0]'), range],
    [csp({ imgSrc: ['a.example\tb.example'] }), at('imgSrc[0]'), range],
    [csp({ scriptSrc: ['exämple.com'] }), at('scriptSrc[0]'), range],
    [csp({ scriptSrc: [''] }), at('scriptSrc[0]'), type],
    [csp({ scriptSrc: [1] }), at('scriptSrc[0]'), type],
    [csp({ scriptSrc: true }), at('scriptSrc'), type],
    [csp({ imgSrc: ["'nonce'"] }), at('imgSrc[0]'), range],
    [csp({ imgSrc: ["'unsafe-inline'"] }), at('imgSrc[0]'), range],
    [csp({ imgSrc: ['https'] }), at('imgSrc[0]'), range, 'https:'],
    [csp({ imgSrc: ['https//a.example'] }), at('imgSrc[0]'), range],
    [csp({ defaultSrc: null }), at('defaultSrc'), unsafe],
    [csp({ upgradeInsecureRequests: ["'self'"] }), at('upgradeInsecureRequests[0]'), range],
    [csp({ sandbox: ['allow-script'] }), at('sandbox[0]'), range, 'allow-scripts'],
    [csp({ requireTrustedTypesFor: ['script'] }), at('requireTrustedTypesFor[0]'), range, "'script'"],
    [csp({ trustedTypes: ['allow-duplicates'] }), at('trustedTypes[0]'), range, "'allow-duplicates'"],
    [csp({ reportUri: ['reports'] }), at('reportUri[0]'), range],
    [csp({ reportTo: ['csp'] }), at('reportTo'), conflict],
    [csp({ frameAncestors: ['self'] }), at('frameAncestors[0]'), range, "'self'"],
    [csp({ imgSrc: ['https:*'] }), at('imgSrc[0]'), range, 'https:'],
    [csp({ imgSrc: ['wss:8443'] }), at('imgSrc[0]'), range, 'wss:'],
    [csp({ requireTrustedTypesFor: [] }), at('requireTrustedTypesFor'), missing],
    [csp({ reportUri: [] }), at('reportUri'), missing],
    [csp({ scriptSrc: ["'report-sha1'"] }), at('scriptSrc[0]'), range, "'report-sha512'"],
    [
      {
        contentSecurityPolicy: {
          useDefaults: false,
          directives: { defaultSrc: helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc },
        },
      },
      'headers.contentSecurityPolicy.directives',
      missing,
    ],
    [csp({ newSrc: ["'self'"] }), at('newSrc'), unknown],
    [
      { contentSecurityPolicy: { allowUnknown: ['New Src'] } },
      'headers.contentSecurityPolicy.allowUnknown[0]',
      range,
    ],
    [
      { contentSecurityPolicy: { allowUnknown: ['new-src'], directives: { 'new-src': ['a;b'] } } },
      at('new-src[0]'),
      range,
    ],
    [{ permissionsPolicy: { 'new-feature': 'none' } }, 'headers.permissionsPolicy.new-feature', unknown],
    [
      { permissionsPolicy: { allowUnknown: ['newFeature'], newFeature: 'none' } },
      'headers.permissionsPolicy.allowUnknown[0]',
      range,
    ],
    [csp([]), 'headers.contentSecurityPolicy.directives', type],
    [
      { contentSecurityPolicy: { directive: {} } },
      'headers.contentSecurityPolicy.directive',
      unknown,
      'directives',
    ],
  ])('%j', (options, path, code, suggestion) => {
    expect(refuse(options)).toContainEqual(
      expect.objectContaining({ path, code, ...(suggestion === undefined ? {} : { suggestion }) }),
    )
  })

  it('reports every problem at once', () => {
    const problems = refuse({ frameGuard: true, hsts: { maxage: 1 }, ...csp({ scriptSr: [] }) })
    expect(problems.map(({ path }) => path)).toEqual([
      'headers.frameGuard',
      'headers.hsts.maxage',
      'headers.contentSecurityPolicy.directives.scriptSr',
    ])
  })
})

describe('accepted', () => {
  it.each<[object]>([
    [{ frameguard: { action: 'SAMEORIGIN' } }],
    [{ xFrameOptions: { action: 'same-origin' } }],
    [{ referrerPolicy: { policy: '' } }],
    [{ preset: 'strict', contentSecurityPolicy: { directives: { 'require-trusted-types-for': null } } }],
    [csp({ scriptSrc: ["'strict-dynamic'", "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"] })],
    [
      csp({
        scriptSrc: ['*', 'https:', 'wss://a.example:8443', '*.example.com', 'a.example:*/path/', '[::1]:80'],
      }),
    ],
    [csp({ trustedTypes: ["'none'"], requireTrustedTypesFor: ["'script'"] })],
    [csp({ trustedTypes: ['default', 'dompurify', "'allow-duplicates'"] })],
    [csp({ webrtc: ["'block'"], sandbox: [], formAction: ["'self'", 'https://pay.example'] })],
    [csp({ imgSrc: undefined })],
    [csp({ scriptSrc: ["'self'", "'report-sha256'"], sandbox: ['allow-same-site-none-cookies'] })],
    [csp({ connectSrc: ["'unsafe-webtransport-hashes'"], imgSrc: ['localhost:*'] })],
    [
      {
        contentSecurityPolicy: {
          allowUnknown: ['new-src', "'new-keyword'", 'allow-new'],
          directives: {
            'new-src': ["'any'", 'https:'],
            scriptSrc: ["'new-keyword'"],
            sandbox: ['allow-new'],
          },
        },
      },
    ],
    [{ permissionsPolicy: { allowUnknown: ['new-feature'], 'new-feature': 'none', camera: 'none' } }],
    [{ permissionsPolicy: { interestCohort: 'none', 'ch-ua-model': 'self', languageModel: '*' } }],
    [{ permissionsPolicy: { 'digital-credentials-get': ['self', 'https://wallet.example'] } }],
    [{ hsts: undefined, strictTransportSecurity: { maxAge: 5 } }],
  ])('%j', (options) => {
    expect(refuse(options)).toEqual([])
  })
})
