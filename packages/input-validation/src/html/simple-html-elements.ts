/** What an element holds, which is what the parser does with a start tag or a text inside of it. */
export type SimpleContent =
  'cells' | 'flow' | 'items' | 'nothing' | 'phrasing' | 'rows' | 'sections' | 'terms'

/** Where an element stands: the content of its parent, of which `flow` holds `phrasing` too. */
type ParentContent = Exclude<SimpleContent, 'nothing' | 'phrasing'> | 'phrasing'

/** An element of which `createSimpleHtml` knows what parsers make. */
export interface SimpleElement {
  readonly name: string
  readonly parent: ParentContent
  readonly content: SimpleContent
}

const elementsOf = (parent: ParentContent, content: SimpleContent, names: string): readonly SimpleElement[] =>
  names.split(' ').map((name) => ({ name, parent, content }))

/**
 * The elements, each only where its start tag and its end tag do nothing but open and close it. Numbers are sections of
 * the HTML Standard's tree construction; "in body" is 13.2.6.4.7.
 */
export const simpleElements: ReadonlyMap<string, SimpleElement> = new Map(
  [
    // In body, formatting elements and any other: inserted where they stand. What they hold is no block, so an end tag
    // finds its element as the current node, and the adoption agency algorithm ends at its second step or pops to it.
    ...elementsOf(
      'phrasing',
      'phrasing',
      'a abbr b cite code del dfn em i ins kbd mark q s samp small span strong sub sup u var',
    ),
    // In body: inserted and popped at once.
    ...elementsOf('phrasing', 'nothing', 'br img'),
    // In body: these close a `p` in button scope. A `p` and a heading hold phrasing alone, so none is open.
    ...elementsOf(
      'flow',
      'flow',
      'article aside blockquote details div figcaption figure footer header section summary',
    ),
    ...elementsOf('flow', 'phrasing', 'h1 h2 h3 h4 h5 h6 p pre'),
    ...elementsOf('flow', 'nothing', 'hr'),
    // In body: an item closes an open one, looked for as far as the list, which is special.
    ...elementsOf('flow', 'items', 'ol ul'),
    ...elementsOf('items', 'flow', 'li'),
    ...elementsOf('flow', 'terms', 'dl'),
    ...elementsOf('terms', 'flow', 'dd dt'),
    // 13.2.6.4.9 and 13.2.6.4.12 to 15: each level directly in its own, with white space between, is inserted there; what
    // else stands between is moved in front of the table.
    ...elementsOf('flow', 'sections', 'table'),
    ...elementsOf('sections', 'rows', 'tbody tfoot thead'),
    ...elementsOf('rows', 'cells', 'tr'),
    ...elementsOf('cells', 'flow', 'td th'),
  ].map((element) => [element.name, element]),
)

/** Names that parsers or DOMPurify know: a tag with any other name is an element without rules of its own. */
export const knownNames: ReadonlySet<string> = new Set(
  (
    'a abbr acronym address altglyph altglyphdef altglyphitem animate animatecolor animatemotion animatetransform ' +
    'annotation applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br button ' +
    'canvas caption center circle cite clippath code col colgroup content cursor data datalist dd decorator defs del ' +
    'desc details dfn dialog dir discard div dl dt element ellipse em embed feblend fecolormatrix fecomponenttransfer ' +
    'fecomposite feconvolvematrix fediffuselighting fedisplacementmap fedistantlight fedropshadow feflood fefunca ' +
    'fefuncb fefuncg fefuncr fegaussianblur feimage femerge femergenode femorphology feoffset fepointlight ' +
    'fespecularlighting fespotlight fetile feturbulence fieldset figcaption figure filter font footer foreignobject ' +
    'form frame frameset g glyph glyphref h1 h2 h3 h4 h5 h6 hatch hatchpath head header hgroup hkern hr html i iframe ' +
    'image img input ins isindex kbd keygen label legend li line lineargradient link listing maction main maligngroup ' +
    'malignmark map mark marker marquee mask math menclose menu menuitem merror mesh meshgradient meshpatch meshrow ' +
    'meta metadata meter mfenced mfrac mglyph mi mlabeledtr mlongdiv mmultiscripts mn mo mover mpadded mpath mphantom ' +
    'mprescripts mroot mrow ms mscarries mscarry msgroup msline mspace msqrt msrow mstack mstyle msub msubsup msup ' +
    'mtable mtd mtext mtr munder munderover nav nextid nobr noembed noframes none noscript object ol optgroup option ' +
    'output p param path pattern picture plaintext polygon polyline pre progress q radialgradient rb rect rp rt rtc ' +
    'ruby s samp script search section select selectedcontent semantics set shadow slot small solidcolor source spacer ' +
    'span stop strike strong style sub summary sup svg switch symbol table tbody td template text textarea textpath ' +
    'tfoot th thead time title tr track tref tspan tt u ul unknown use var video view vkern wbr xmp'
  ).split(' '),
)

/**
 * The attributes whose values DOMPurify keeps as they are. Of those that are no addresses it only looks for the ends of
 * comments and of raw text, which need a `<` or `>`; others have to look like no scheme.
 */
export const simpleAttributes: ReadonlyMap<string, 'address' | 'text' | 'word'> = new Map([
  ['alt', 'text'],
  ['class', 'text'],
  ['title', 'text'],
  ['href', 'address'],
  ['src', 'address'],
  ['align', 'word'],
  ['colspan', 'word'],
  ['dir', 'word'],
  ['height', 'word'],
  ['lang', 'word'],
  ['loading', 'word'],
  ['referrerpolicy', 'word'],
  ['rel', 'word'],
  ['rowspan', 'word'],
  ['scope', 'word'],
  ['start', 'word'],
  ['valign', 'word'],
  ['width', 'word'],
] as const)
