/** The folders of lib that are mutated, and whose unit specs run against each mutant that they reach. */
export const specFolders = ['tokens', 'trust', 'verification', 'permissions']
