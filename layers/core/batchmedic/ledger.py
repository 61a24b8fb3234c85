"""Turns what a look found into incidents that are kept, and rings for those that have news."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from batchmedic.engine import Examination
from batchmedic.errors import ConflictError, StoreError
from batchmedic.findings import Finding
from batchmedic.incidents import Incident, Record, incident_of, key_of
from batchmedic.model.alerts_tag import hushed
from batchmedic.model.snapshot import Snapshot
from batchmedic.ports import Clock, Doorbells, History, IncidentStore
from batchmedic.transitions import TOLD_WITHIN, clean_look, merged, opened, seen_again

logger = logging.getLogger(__name__)

BLIND_REPEAT = timedelta(hours=1)  # how often one container repeats an incident that it cannot store


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An incident as this look saw it, whether all queues that it touches were looked at, and why nobody is told."""

    incident: Incident
    all_queues_seen: bool
    hushed: str = ""


@dataclass(slots=True, kw_only=True)
class Ledger:
    """`told_blind` remembers what this container handed over while the table was unavailable."""

    store: IncidentStore
    doorbells: Doorbells
    history: History
    mended: frozenset[str] = frozenset()  # diagnoses that a remedy is known for
    docs_base: str = ""
    clock: Clock
    told_blind: dict[str, datetime] = field(default_factory=dict)

    def due(self) -> tuple[Record, ...] | None:
        """What is open or has something left to tell; None if the table cannot be read."""
        try:
            return self.store.due()
        except StoreError:
            logger.exception("The incident table could not be read; telling people without it.")
            return None

    def record(self, snapshot: Snapshot, examination: Examination, before: tuple[Record, ...] | None) -> list[str]:
        """Keep every change and ring for the news, also for news whose doorbell was lost. The answer names the news."""
        seen = {one.incident.key: one for one in self._seen(snapshot, examination)}
        if before is None:
            return self._hand_over(seen.values())
        known = {record.incident.key: record for record in before if record.is_open}
        whole = [_whole(one, known.get(key), snapshot, examination) for key, one in seen.items()]
        news = [change for one in whole for change in self._see(known.get(one.incident.key), one)]
        symptoms = {self._key(snapshot, one.symptom): self._key(snapshot, one.cause) for one in examination.inhibited}
        for key, record in known.items():
            if key in symptoms:
                news += self._merge(record, symptoms[key])
            elif key not in seen and _is_clean(record, snapshot, examination):
                news += self._keep(record, clean_look(record, now=self.clock()))
        now = self.clock()
        late = [record.incident.incident_id for record in before if record.due_at is not None and record.due_at <= now]
        ring = dict.fromkeys([incident_id for incident_id, _ in news] + late)
        if ring:
            self.doorbells.ring(ring)
        due = [record.incident.incident_id for record in before if self._repair_is_due(record)]
        if repairs := dict.fromkeys([*self._fresh(seen, news), *due]):
            self.doorbells.ring_remedies(repairs)
        return [change for _, change in news]

    def _fresh(self, seen: Mapping[str, Seen], news: Iterable[tuple[str, str]]) -> Iterator[str]:
        """Incidents with news that a remedy is known for."""
        diagnoses = {key: one.incident.diagnosis for key, one in seen.items()}
        for incident_id, change in news:
            key = incident_id.rpartition("-")[0]
            if change != "resolved" and diagnoses.get(key) in self.mended:
                yield incident_id

    def _repair_is_due(self, record: Record) -> bool:
        """Also where `remediate` has not yet said a word: its doorbell was lost."""
        if record.incident.diagnosis not in self.mended:
            return False
        now = self.clock()
        if record.repair is None:
            return record.is_open and now - record.incident.opened_at >= TOLD_WITHIN
        return record.repair.due_at is not None and record.repair.due_at <= now

    def _key(self, snapshot: Snapshot, finding: Finding) -> str:
        return key_of(snapshot.account, snapshot.region, finding.subject, finding.diagnosis)

    def _merge(self, record: Record, cause: str) -> list[tuple[str, str]]:
        """An incident that was opened before its cause was seen is closed in favour of the cause."""
        try:
            found = self.store.latest(cause)
        except StoreError:
            logger.exception("The cause of an incident could not be looked up.")
            return []
        if found is None:
            return []
        return self._keep(record, merged(record, explained_by=found.incident.incident_id, now=self.clock()))

    def _seen(self, snapshot: Snapshot, examination: Examination) -> Iterable[Seen]:
        for finding in examination.findings:
            incident = incident_of(
                finding,
                examination.checks_about(finding),
                account=snapshot.account,
                region=snapshot.region,
                now=self.clock(),
            )
            if self.docs_base:
                incident = replace(incident, docs=f"{self.docs_base}/{finding.diagnosis}.md")
            why = hushed(snapshot, finding.subject, finding.compute_environments, finding.job_queues)
            yield Seen(incident=incident, all_queues_seen=finding.all_queues_seen, hushed=why)

    def _see(self, known: Record | None, seen: Seen) -> list[tuple[str, str]]:
        """The index of open incidents may lag behind, so an unknown one is looked up by its key first."""
        try:
            record = known or self.store.latest(seen.incident.key)
            if record is None or not record.is_open:
                fresh = self._with_history(seen.incident)
                return self._keep(record, opened(fresh, record, hushed=seen.hushed, now=self.clock()))
            again = seen_again(
                record, seen.incident, all_queues_seen=seen.all_queues_seen, hushed=seen.hushed, now=self.clock()
            )
            return self._keep(record, again)
        except StoreError:
            logger.exception("An incident could not be stored; telling people without.")
            self._hand_over([seen])
            return []

    def _with_history(self, incident: Incident) -> Incident:
        name = incident.subject.rpartition("/")[2]
        return replace(incident, changed_by=self.history.last_change(name, now=self.clock()))

    def _keep(self, before: Record | None, after: Record) -> list[tuple[str, str]]:
        """Save what changed; (incident id, change) if it is news. Who wrote first rings too: a conflict is no loss."""
        if after is before:
            return []
        incident = after.incident
        try:
            self.store.save(after, now=self.clock())
        except ConflictError:
            logger.info("Somebody else wrote this incident first.", extra={"incident_id": incident.incident_id})
            return []
        is_new = before is None or not before.is_open
        if before is not None and not is_new and after.version == before.version:
            return []
        change = "opened" if is_new else "worsened" if after.is_open else "resolved"
        particulars = {"diagnosis": incident.diagnosis, "subject": incident.subject, "change": change}
        logger.info("An incident has news.", extra={"incident_id": incident.incident_id, **particulars})
        return [(incident.incident_id, change)]

    def _hand_over(self, seen: Iterable[Seen]) -> list[str]:
        now = self.clock()
        news = []
        for one in seen:
            last = self.told_blind.get(one.incident.key)
            if not one.hushed and (last is None or now - last >= BLIND_REPEAT):
                self.doorbells.hand_over(one.incident)
                self.told_blind[one.incident.key] = now
                news.append("opened")
        return news


def _whole(seen: Seen, known: Record | None, snapshot: Snapshot, examination: Examination) -> Seen:
    """What several environments share, a look may have seen by some of them: the others are as they were."""
    if known is None or not _is_shared(known):
        return seen
    fresh, before = seen.incident, known.incident
    unseen = [
        arn
        for arn in before.compute_environments
        if arn not in fresh.compute_environments
        and snapshot.compute_environment(arn) is not None
        and (fresh.diagnosis, arn) not in examination.passed
    ]
    if not unseen:
        return seen
    incident = replace(
        fresh,
        job_queues=tuple(dict.fromkeys((*fresh.job_queues, *before.job_queues))),
        compute_environments=(*fresh.compute_environments, *unseen),
    )
    return replace(seen, incident=incident, all_queues_seen=False, hushed=known.hushed)


def _is_shared(record: Record) -> bool:
    """Its subject is a role, say: asked about through the environments that use it."""
    return ":batch:" not in record.incident.subject


def _is_clean(record: Record, snapshot: Snapshot, examination: Examination) -> bool:
    """Its check was made and found nothing, or its subject is gone; a check that was not made proves nothing."""
    incident = record.incident
    asked = incident.compute_environments if _is_shared(record) else (incident.subject,)
    return all(
        (incident.diagnosis, arn) in examination.passed
        or (snapshot.compute_environment(arn) is None and snapshot.job_queue(arn) is None)
        for arn in asked
    )
