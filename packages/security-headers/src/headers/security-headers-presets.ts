import type { HeaderSettings } from './header-settings.ts'

/** A named set of header settings. */
export type SecurityHeadersPreset = 'api' | 'spa' | 'static' | 'strict'

/** Features that neither an API nor most pages use. */
const noFeatures = {
  accelerometer: 'none',
  autoplay: 'none',
  browsingTopics: 'none',
  camera: 'none',
  displayCapture: 'none',
  geolocation: 'none',
  gyroscope: 'none',
  hid: 'none',
  localFonts: 'none',
  magnetometer: 'none',
  microphone: 'none',
  midi: 'none',
  payment: 'none',
  screenWakeLock: 'none',
  serial: 'none',
  usb: 'none',
  xrSpatialTracking: 'none',
} as const

/** Other sites learn nothing, and the site's own forms carry their `Origin`, which CSRF protection compares. */
const ownOrigin = { policy: 'same-origin' } as const

/** A policy of pages that load what is theirs; the two differ in where scripts and styles may come from. */
const pagePolicy = (scriptSrc: readonly string[], styleSrc: readonly string[]) => ({
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    baseUri: ["'none'"],
    connectSrc: ["'self'"],
    fontSrc: ["'self'", 'data:'],
    formAction: ["'self'"],
    frameAncestors: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    objectSrc: ["'none'"],
    scriptSrc,
    scriptSrcAttr: ["'none'"],
    styleSrc,
    upgradeInsecureRequests: [],
  },
})

/**
 * The presets, as the options they stand for.
 *
 * - `api`: answers are data. A browser that is made to show one loads and runs nothing; forms are sent to this server alone.
 * - `spa`: one page with its own scripts, styles and API. Scripts need the nonce; styles may be inline;
 *   sign-in pop-ups work.
 * - `static`: pages that are files, as a bundler writes them. Scripts and styles are files of the site; inline ones need
 *   their hashes, which `cspHashes` makes.
 * - `strict`: as `spa`, with nonces for styles too, Trusted Types, and isolation from other origins.
 */
export const securityHeadersPresets: Readonly<Record<SecurityHeadersPreset, HeaderSettings>> = Object.freeze({
  api: {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: ownOrigin,
    permissionsPolicy: { ...noFeatures, fullscreen: 'none', clipboardRead: 'none', clipboardWrite: 'none' },
    cacheControl: { noStore: '/' },
  },
  spa: {
    contentSecurityPolicy: pagePolicy(
      ["'nonce'", "'strict-dynamic'", "'unsafe-inline'", 'https:'],
      ["'self'", "'unsafe-inline'"],
    ),
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    permissionsPolicy: noFeatures,
    cacheControl: { noStore: '/api' },
  },
  static: {
    contentSecurityPolicy: pagePolicy(["'self'"], ["'self'"]),
    crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    permissionsPolicy: noFeatures,
    cacheControl: { noStore: '/api' },
  },
  strict: {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'"],
        manifestSrc: ["'self'"],
        requireTrustedTypesFor: ["'script'"],
        scriptSrc: ["'nonce'", "'strict-dynamic'", "'unsafe-inline'", 'https:'],
        scriptSrcAttr: ["'none'"],
        styleSrc: ["'self'", "'nonce'"],
        upgradeInsecureRequests: [],
      },
    },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: ownOrigin,
    permissionsPolicy: { ...noFeatures, clipboardRead: 'none', fullscreen: 'none' },
    cacheControl: { noStore: '/api' },
  },
})
