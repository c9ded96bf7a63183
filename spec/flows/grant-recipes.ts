import type { Grant, Resources } from 'passport-s2s'

/** SharePoint's own client id, in every farm. */
const sharePoint = '00000003-0000-0ff1-ce00-000000000000'
/** Exchange's. */
const exchange = '00000002-0000-0ff1-ce00-000000000000'

// A place is named /<site subscription>/<site collection>/<site>: a grant reaches what lies below its container, so
// "SiteSubscription" is /default, "SiteCollection" /default/search, "Site" /default/search/news.

/** On the server that hosts My Sites: what the farm whose users have their sites here may do. */
export const mySitesHost: Grant[] = [
  {
    issuer: 'consuming farm',
    application: sharePoint,
    permissions: [{ scope: 'content', right: 'Write', container: '/default' }],
    appOnly: true,
  },
]

/** On the consuming farm: what the host of My Sites may do in return. */
export const consumingFarm: Grant[] = [
  {
    issuer: 'my sites host',
    application: sharePoint,
    permissions: [{ scope: 'content', right: 'Read', container: '/default' }],
    appOnly: true,
  },
]

/** Exchange keeps the site mailboxes of every site. */
export const siteMailboxes: Grant[] = [
  {
    issuer: 'exchange',
    application: exchange,
    permissions: [{ scope: 'content', right: 'FullControl', container: '/default' }],
    appOnly: true,
  },
]

/** Another farm searches here, always for a user: no appOnly. */
export const searchTrust: Grant[] = [
  {
    issuer: 'searching farm',
    application: sharePoint,
    permissions: [{ scope: 'content', right: 'FullControl', container: '/default/search' }],
  },
]

const place = (request: { path: string }): string => request.path.slice('/content'.length)

/** Rules that ask for these grants: `s2s.protect(contentResources, { pathSyntax: 'express5' })`. */
export const contentResources: Resources = {
  'GET /content/*place': { scope: 'content', right: 'Read', container: place },
  'PUT /content/*place': { scope: 'content', right: 'Write', container: place },
  'DELETE /content/*place': { scope: 'content', right: 'FullControl', container: place },
}
