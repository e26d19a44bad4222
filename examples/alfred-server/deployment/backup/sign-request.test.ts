import { expect, it } from 'vitest'
import { signRequest } from './sign-request.ts'

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

// The examples of "Signature Calculations for the Authorization Header" in Amazon's S3 API reference.
it.each([
  {
    what: 'GET of a range',
    request: { method: 'GET', url: '/test.txt', bodySha256: emptySha256, headers: { range: 'bytes=0-9' } },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    what: 'a list',
    request: { method: 'GET', url: '/?max-keys=2&prefix=J', bodySha256: emptySha256, headers: {} },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
  {
    what: 'a query without a value',
    request: { method: 'GET', url: '/?lifecycle', bodySha256: emptySha256, headers: {} },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
])('signs as Amazon does: $what', ({ request, signature }) => {
  const url = new URL(request.url, 'https://examplebucket.s3.amazonaws.com')
  const credentials = {
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  }
  const scope = { credentials, region: 'us-east-1', now: new Date('2013-05-24T00:00:00Z') }
  expect(signRequest({ ...request, url }, scope)['authorization']).toContain(`,Signature=${signature}`)
})
