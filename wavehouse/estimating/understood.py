"""A question, understood: its names found in the codebook that is kept with the answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wavehouse.errors import NotGivenError, WavehouseError
from wavehouse.escapes import sql_text
from wavehouse.estimating.filters import Filter, FilterVariable, read_filter
from wavehouse.estimating.names import nearest
from wavehouse.estimating.questions import GRAINS, Question

if TYPE_CHECKING:
    from wavehouse.estimating.engines import Engine
    from wavehouse.estimating.programs import Program

TOTAL = "total"
CROSSED = " × "  # noqa: RUF001 - as in labels of declared segments
RUN = ".."
MOST_VARIABLES = 5


@dataclass(frozen=True)
class Asked:
    """A question with all that its names stand for.

    Args:
        question: the question.
        by: the variables of the crossing, in their order.
        segment: id and label of the crossing; those of a declared segment where it is one.
        filter: its filter.
        waves: study and id of each wave.
    """

    question: Question
    by: tuple[str, ...]
    segment: tuple[str, str]
    filter: Filter
    waves: tuple[tuple[str, str], ...]

    def described(self) -> tuple[str, str, str]:
        """Give the grain, and id and label of the crossing."""
        return self.question.grain, *self.segment


@dataclass(frozen=True)
class Codebook:
    """The codebook that is kept with answers.

    Args:
        engine: where to read it.
        program: says where it is.
    """

    engine: "Engine"
    program: "Program"

    def understand(self, question: Question) -> Asked:
        """Find all names of a question.

        Raises:
            WavehouseError: a name is not known, or what is asked may not be told.
        """
        if question.grain not in GRAINS:
            raise WavehouseError(
                f"There is no grain {question.grain!r}. There are: {', '.join(GRAINS)}."
            )
        if not question.measures:
            raise WavehouseError("No measure is asked for. Name one or more.")
        studies = self._studies(question)
        self._refuse_confidential(studies)
        by = self._by(question)
        condition = (
            read_filter(question.where, self._filter_variable)
            if question.where.strip()
            else Filter()
        )
        self._refuse_never_asked(studies, {*by, *condition.named})
        return Asked(question, by, self._segment(by), condition, self._waves(question, studies))

    def rows(self, sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query that names kept tables as `stored.<table>`."""
        return self.engine.rows(self.program.placed(sql), values or [])

    def _studies(self, question: Question) -> list[str]:
        """Give the studies that are asked, those that have one of the measures."""
        known: dict[str, set[str]] = {}
        for measure, study in self.rows(
            "select distinct measures.measure_id, waves.study_id "
            "from stored.int_measures__measures as measures "
            "left join stored.int_measures__waves as waves "
            "on measures.measure_id = waves.measure_id"
        ):
            known.setdefault(measure, set()).update({study} - {None})
        for measure in question.measures:
            if measure not in known:
                raise WavehouseError(
                    f"There is no measure {measure!r}. There are: {nearest(measure, known)}."
                )
        studies = {study for measure in question.measures for study in known[measure]}
        if not studies:
            raise WavehouseError(
                f"No study here asked what {', '.join(question.measures)} needs. Measures with a "
                f"study: {nearest('', (measure for measure in known if known[measure]))}."
            )
        if question.study and question.study not in studies:
            everywhere = {study for found in known.values() for study in found}
            if question.study not in everywhere:
                raise WavehouseError(
                    f"There is no study {question.study!r}. "
                    f"There are: {nearest(question.study, everywhere)}."
                )
            raise WavehouseError(
                f"{question.study} never asked what {', '.join(question.measures)} needs. "
                f"These studies did: {nearest(question.study, studies)}."
            )
        return [question.study] if question.study else sorted(studies)

    def _refuse_confidential(self, studies: list[str]) -> None:
        """Refuse studies that hide what is confidential: an answer may give away another."""
        found = self.rows(
            "select distinct rules.study_id "
            "from stored.int_measures__publication_rules as rules "
            "left join stored.stg_codebook__publication_rules as described "
            "on rules.publication_rule_id = described.publication_rule_id "
            "left join stored.stg_codebook__publication_criteria as criteria "
            "on rules.publication_rule_id = criteria.publication_rule_id "
            "and criteria.purpose = 'confidentiality' "
            f"where rules.study_id in ({_texts(studies)}) "
            "and (criteria.purpose is not null or described.base_rounding is not null) "
            "order by rules.study_id",
        )
        if found:
            names = " and ".join(study for (study,) in found)
            others = [study for study in studies if (study,) not in found]
            instead = f" Or ask {nearest('', others)} alone." if others else ""
            raise NotGivenError(
                f"The publication rule of {names} keeps figures confidential, so it answers "
                "declared estimates only: read them in `fct_trend_estimates`. Declare a segment to "
                f"have more of them.{instead}"
            )

    def _refuse_never_asked(self, studies: list[str], variables: set[str]) -> None:
        """Refuse variables that none of the studies asked: there would be no row.

        As with declared segments, a study that asked them all answers, and others have no rows.
        """
        asked: dict[str, set[str]] = {study: set() for study in studies}
        for study, variable in self.rows(
            "select distinct study_id, variable_id from stored.int_codebook__questions_by_wave "
            f"where study_id in ({_texts(studies)})",
        ):
            asked[study].add(variable)
        if not any(variables <= found for found in asked.values()):
            lacking = "; ".join(
                f"{study} never asked {nearest('', variables - found)}"
                for study, found in asked.items()
            )
            raise WavehouseError(f"No study asked all that is named: {lacking}.")

    @cached_property
    def _variables(self) -> dict[str, tuple[str, str | None, str]]:
        """Type, code list and label of each variable."""
        return {
            variable: (kind, code_list, label)
            for variable, kind, code_list, label in self.rows(
                "select variable_id, value_type, code_list_id, variable_label "
                "from stored.stg_codebook__variables order by variable_id"
            )
        }

    @cached_property
    def _segments(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Label and variables of each declared segment."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        for segment, label, variable in self.rows(
            "select segments.segment_id, segments.segment_label, variables.variable_id "
            "from stored.stg_codebook__segments as segments "
            "left join stored.stg_codebook__segment_variables as variables "
            "on segments.segment_id = variables.segment_id "
            "order by segments.segment_id, variables.position"
        ):
            known = found.get(segment, (label, ()))[1]
            found[segment] = (label, known if variable is None else (*known, variable))
        return found

    def _categories(self, variable: str) -> dict[str, str]:
        return dict(
            self.rows(
                "select category_code, category_label from stored.stg_codebook__categories "
                "where code_list_id = $1 order by category_order, category_code",
                [self._variables[variable][1]],
            )
        )

    def _by(self, question: Question) -> tuple[str, ...]:
        """Give the variables that are crossed."""
        found: dict[str, None] = {}
        for name in question.by:
            if name in self._segments:
                found |= dict.fromkeys(self._segments[name][1])
            elif name in self._variables:
                if self._variables[name][0] == "numeric":
                    raise WavehouseError(
                        f"{name} has numbers, so nobody can be parted by it. Name a variable with "
                        "categories, or declare one that is derived from it."
                    )
                found[name] = None
            else:
                raise WavehouseError(self._no_such(name))
        if len(found) > MOST_VARIABLES:
            raise WavehouseError(
                f"{len(found)} variables are crossed: {', '.join(found)}. "
                f"At most {MOST_VARIABLES} can be."
            )
        return tuple(found)

    def _no_such(self, name: str) -> str:
        there = {*self._variables, *self._segments} - {TOTAL}
        return f"There is no variable or segment {name!r}. There are: {nearest(name, there)}."

    def _segment(self, by: tuple[str, ...]) -> tuple[str, str]:
        for segment, (label, variables) in self._segments.items():
            if variables == by:
                return segment, label
        return "*".join(by), CROSSED.join(self._variables[name][2] for name in by)

    def _filter_variable(self, name: str) -> FilterVariable:
        variable = name
        if name in self._segments:
            variables = self._segments[name][1]
            if len(variables) != 1:
                made_of = f"is a crossing of {' and '.join(variables)}. Name these"
                raise WavehouseError(
                    f"The filter names {name}, which "
                    f"{made_of if variables else 'is everybody. Leave it out'}."
                )
            variable = variables[0]
        elif name not in self._variables:
            raise WavehouseError(f"The filter cannot be used. {self._no_such(name)}")
        is_numeric = self._variables[variable][0] == "numeric"
        return FilterVariable(variable, None if is_numeric else self._categories(variable))

    def _waves(self, question: Question, studies: list[str]) -> tuple[tuple[str, str], ...]:
        """Give the waves that are asked."""
        known: dict[str, list[str]] = {study: [] for study in studies}
        for study, wave in self.rows(
            "select study_id, wave_id from stored.stg_codebook__waves "
            f"where study_id in ({_texts(studies)}) order by study_id, wave_number",
        ):
            known[study].append(wave)
        if not question.waves:
            return tuple((study, wave) for study, waves in known.items() for wave in waves)
        found: dict[tuple[str, str], None] = {}
        for words in question.waves:
            of_words = {
                (study, wave): None for study in known for wave in _of_run(words, known[study])
            }
            if not of_words:
                there = "; ".join(
                    f"{study} has {nearest('', waves)}" for study, waves in known.items()
                )
                raise WavehouseError(f"There is no wave {words!r}. Of waves, {there}.")
            found |= of_words
        in_order = {(study, wave): None for study, waves in known.items() for wave in waves}
        return tuple(each for each in in_order if each in found)


def _texts(names: list[str]) -> str:
    return ", ".join(map(sql_text, names))


def _of_run(words: str, waves: list[str]) -> list[str]:
    """Give the waves of a study that are named: one, or those of a run whose ends it has."""
    if words in waves:
        return [words]
    first, dots, last = words.partition(RUN)
    ends = [end for end in (first, last) if end]
    if not dots or not set(ends) <= set(waves):
        return []
    begin = waves.index(first) if first else 0
    end = waves.index(last) if last else len(waves) - 1
    return waves[begin : end + 1]
