/** The part of a key that comes from a name: lower case, with _ for each run of anything but letters and digits. */
export function slug(name) {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
}
