import { expect, it } from 'vitest'
import { FileTypeReader, type FileType, fileTypes } from './file-types.ts'

const ftyp = (brand: string): string => `0000002066747970${Buffer.from(brand).toString('hex')}00000200`
const text = (content: string): string => Buffer.from(content).toString('hex')

function typeOf(hex: string, allowed: readonly FileType[] = fileTypes): FileType | undefined {
  const reader = new FileTypeReader(allowed, 'text/plain')
  const bytes = Buffer.from(hex, 'hex')
  // In two pieces, as they may arrive.
  reader.add(bytes.subarray(0, 3))
  reader.add(bytes.subarray(3))
  return reader.end()
}

it.each<[string, string, FileType | undefined]>([
  ['PNG', '89504e470d0a1a0a', 'image/png'],
  ['JPEG', 'ffd8ffe000104a464946', 'image/jpeg'],
  ['GIF of 1989', text('GIF89a'), 'image/gif'],
  ['a page that begins as a GIF', text('GIF8<script>alert(1)</script>'), 'text/plain'],
  ['WebP', text('RIFF\0\0\0\0WEBPVP8 '), 'image/webp'],
  ['WAV', text('RIFF\0\0\0\0WAVEfmt '), 'audio/wav'],
  ['AVIF', ftyp('avif'), 'image/avif'],
  ['a sequence of AVIF', ftyp('avis'), 'image/avif'],
  ['MP4', ftyp('isom'), 'video/mp4'],
  ['HEIC', ftyp('heic'), undefined],
  ['QuickTime', ftyp('qt  '), undefined],
  ['M4A', ftyp('M4A '), undefined],
  ['MP3 with ID3', '49443304000000000000', 'audio/mpeg'],
  ['MP3 without', 'fffb90640000', 'audio/mpeg'],
  ['a text about ID3', text('ID3 is how players know titles.'), 'text/plain'],
  ['WebM', `1a45dfa39f4286810142f7810142f2810442f381084282847765626d`, 'video/webm'],
  ['Matroska', `1a45dfa3a34286810142f7810142f2810442f3810842828088${text('matroska')}`, undefined],
  ['PDF', text('%PDF-1.7'), 'application/pdf'],
  ['ZIP', '504b030414000000', 'application/zip'],
  ['a text', text('hello'), 'text/plain'],
])('finds what is %s', (_what, hex, type) => {
  expect(typeOf(hex)).toBe(type)
})

it('finds only what is allowed', () => {
  expect(typeOf('89504e470d0a1a0a', ['image/jpeg'])).toBeUndefined()
  expect(typeOf(text('hello'), ['image/jpeg'])).toBeUndefined()
})
