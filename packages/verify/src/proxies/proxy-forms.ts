import type { TrustProxy } from '@alfred/core'

/** A proxy's way of naming the client to the server behind it, as its documentation says. */
export interface ProxyForm {
  readonly proxy: string
  readonly source: string
  /** The setting that docs/guides/behind-a-proxy.md gives. */
  readonly trustProxy: TrustProxy
  /** What becomes of an `X-Forwarded-For` that the client sent. */
  readonly forwardedFor: 'appends' | 'adds a field' | 'replaces'
  /** Between the entries. @default ', ' */
  readonly separator?: string
  /** Writes the client's entry. @default the address alone */
  readonly entry?: (address: string) => string
  /** Entries that later hops of the same provider append. */
  readonly later?: readonly string[]
  /** What becomes of an `X-Forwarded-Proto`; `appends` adds one value a hop, of which the first is the client's. */
  readonly forwardedProto: 'appends' | 'replaces'
  /** Other fields that the proxy sets to the client's address, and clients can send where it is absent. */
  readonly others?: readonly string[]
}

const withPort = (address: string): string =>
  address.includes(':') ? `[${address}]:50001` : `${address}:50001`

/** The forms, one a row. A proxy with several common settings has several rows. */
export const proxyForms: readonly ProxyForm[] = [
  {
    proxy: 'nginx, $proxy_add_x_forwarded_for',
    source: 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#var_proxy_add_x_forwarded_for',
    trustProxy: 1,
    forwardedFor: 'appends',
    forwardedProto: 'replaces',
    others: ['X-Real-IP'],
  },
  {
    proxy: 'nginx on the same machine, by address',
    source: 'https://nginx.org/en/docs/http/ngx_http_proxy_module.html#var_proxy_add_x_forwarded_for',
    trustProxy: 'loopback',
    forwardedFor: 'appends',
    forwardedProto: 'replaces',
    others: ['X-Real-IP'],
  },
  {
    proxy: 'AWS Application Load Balancer',
    source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html',
    trustProxy: 1,
    forwardedFor: 'appends',
    forwardedProto: 'replaces',
  },
  {
    proxy: 'AWS Application Load Balancer, client port preserved',
    source: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html',
    trustProxy: 1,
    forwardedFor: 'appends',
    entry: withPort,
    forwardedProto: 'replaces',
  },
  {
    proxy: 'AWS Application Load Balancer before nginx',
    source: 'https://www.aptible.com/docs/http-request-headers',
    trustProxy: 2,
    forwardedFor: 'appends',
    later: ['10.0.0.12'],
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Azure Application Gateway',
    source: 'https://azure.microsoft.com/en-us/blog/rewrite-http-headers-with-azure-application-gateway/',
    trustProxy: 1,
    forwardedFor: 'appends',
    entry: withPort,
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Azure Front Door',
    source: 'https://learn.microsoft.com/en-us/azure/frontdoor/front-door-http-headers-protocol',
    trustProxy: 1,
    forwardedFor: 'appends',
    forwardedProto: 'replaces',
    others: ['X-Azure-ClientIP', 'X-Azure-SocketIP'],
  },
  {
    proxy: 'Cloudflare',
    source: 'https://developers.cloudflare.com/fundamentals/reference/http-headers/',
    trustProxy: 1,
    forwardedFor: 'appends',
    separator: ',',
    forwardedProto: 'replaces',
    others: ['CF-Connecting-IP', 'True-Client-IP'],
  },
  {
    proxy: 'Cloudflare, CF-Connecting-IP',
    source: 'https://developers.cloudflare.com/fundamentals/reference/http-headers/',
    trustProxy: { proxies: 'loopback', clientAddressHeader: 'cf-connecting-ip' },
    forwardedFor: 'appends',
    separator: ',',
    forwardedProto: 'replaces',
    others: ['CF-Connecting-IP', 'True-Client-IP'],
  },
  {
    proxy: 'Cloudflare before nginx, CF-Connecting-IP',
    source: 'https://developers.cloudflare.com/fundamentals/reference/http-headers/',
    trustProxy: { proxies: 'loopback', clientAddressHeader: 'cf-connecting-ip' },
    forwardedFor: 'appends',
    later: ['172.64.0.1'],
    forwardedProto: 'replaces',
    others: ['CF-Connecting-IP', 'True-Client-IP'],
  },
  {
    proxy: 'Fastly',
    source: 'https://fastly.com/documentation/reference/http/http-headers/X-Forwarded-For',
    trustProxy: 1,
    forwardedFor: 'appends',
    forwardedProto: 'replaces',
    others: ['Fastly-Client-IP'],
  },
  {
    proxy: 'Fastly with shielding',
    source: 'https://fastly.com/documentation/reference/http/http-headers/X-Forwarded-For',
    trustProxy: 2,
    forwardedFor: 'appends',
    later: ['157.52.64.3'],
    forwardedProto: 'replaces',
    others: ['Fastly-Client-IP'],
  },
  {
    proxy: 'Fly.io',
    source: 'https://fly.io/docs/networking/request-headers/',
    trustProxy: 2,
    forwardedFor: 'appends',
    // The last entry is the application's own public address.
    later: ['66.241.125.9'],
    forwardedProto: 'replaces',
    others: ['Fly-Client-IP'],
  },
  {
    proxy: 'Vercel',
    source: 'https://vercel.com/docs/headers/request-headers',
    trustProxy: 1,
    forwardedFor: 'replaces',
    forwardedProto: 'replaces',
    others: ['X-Real-IP', 'X-Vercel-Forwarded-For'],
  },
  {
    proxy: 'Heroku',
    source: 'https://devcenter.heroku.com/articles/http-routing#heroku-headers',
    trustProxy: 1,
    forwardedFor: 'appends',
    separator: ',',
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Envoy, use_remote_address',
    source:
      'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-for',
    trustProxy: 1,
    forwardedFor: 'appends',
    separator: ',',
    forwardedProto: 'replaces',
    others: ['X-Envoy-External-Address'],
  },
  {
    proxy: 'HAProxy, option forwardfor',
    source: 'https://docs.haproxy.org/3.2/configuration.html#option%20forwardfor',
    trustProxy: 1,
    forwardedFor: 'adds a field',
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Traefik',
    source: 'https://doc.traefik.io/traefik/routing/entrypoints/#forwarded-headers',
    trustProxy: 1,
    forwardedFor: 'replaces',
    forwardedProto: 'replaces',
    others: ['X-Real-Ip'],
  },
  {
    proxy: 'Caddy',
    source: 'https://caddyserver.com/docs/caddyfile/directives/reverse_proxy#defaults',
    trustProxy: 1,
    forwardedFor: 'replaces',
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Google Cloud Application Load Balancer',
    source: 'https://cloud.google.com/load-balancing/docs/https#x-forwarded-for_header',
    trustProxy: 2,
    forwardedFor: 'appends',
    separator: ',',
    later: ['130.211.0.9'],
    forwardedProto: 'replaces',
  },
  {
    proxy: 'Cloud Foundry Gorouter',
    source: 'https://docs.cloudfoundry.org/concepts/http-routing.html',
    trustProxy: 2,
    forwardedFor: 'appends',
    later: ['10.0.16.4'],
    forwardedProto: 'appends',
  },
]
