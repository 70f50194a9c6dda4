/**
 * The catalog: small records about what a store holds, kept in one consistent state: ids, clock, scopes, tags,
 * references, filters and paging.
 *
 * <p>Record keys, all ASCII, in the store's byte order ({@link dev.varve.catalog.Keys}):
 *
 * <pre>
 * key                                       value
 * snapshot/ACCOUNT/REGION/ID                document of a snapshot; image/, volume/, instance/ likewise
 * id/ID                                     document: kind and scope that hold the id; outlives its resource
 * time/KIND/ACCOUNT/REGION/MILLIS-ID        the id: resources in creation order; MILLIS is 16 hexadecimal digits
 * name/KIND/ACCOUNT/REGION/NAME             the id that holds a unique name
 * ref/TARGET/OWNER                          empty: OWNER needs TARGET, which can't be deleted
 * root/OWNER                                a manifest's own encoding: what it names stays in the store
 * touch/LINEAGE                             chunk ids in the order in which a boot touched them; keeps nothing in the store
 * bin/KIND/ACCOUNT/REGION/ID               document of what was deleted and can be restored, with the time of that
 * pending/ID                                document: work under way, dropped or resumed when its process died
 * token/ACCOUNT/REGION/ACTION/TOKEN         reserved: idempotency tokens
 * </pre>
 */
@NullMarked
package dev.varve.catalog;

import org.jspecify.annotations.NullMarked;
