"""Pseudonyms in a project that dbt builds: no id is left, and no figure changes."""

import pytest
from once import make_once
from planted import LAST_ONLY, PANELLIST, STUDIES, found_in, make_planted
from workbench import copy_built, query, run_wavehouse

from wavehouse.people.pseudonyms import SETTING
from wavehouse.project import Project
from wavehouse.publishing.history import kept_releases

pytestmark = pytest.mark.slow("drill")

IDS = [PANELLIST["respond"], LAST_ONLY["respond"]]
FIGURES = """
    select study_id, wave_id, measure_id, category_code, segment_id, segment_code,
        round(estimate, 9) as estimate, round(standard_error, 9) as standard_error,
        n_respondents, degrees_of_freedom
    from marts.fct_trend_estimates order by all
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with ids that nobody else has; only to be copied."""
    return Project(make_once(tmp_path_factory, "planted", make_planted, keep=True))


@pytest.fixture(scope="module")
def pseudonymous(planted: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after its studies were pseudonymised, and built and published again."""
    folder = tmp_path_factory.mktemp("pseudonymous")
    project = copy_built(planted, folder / "project")
    # It is none that could be finished.
    (project.root / "drafts" / "bsa_1986.yml").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTING, str(folder / "people.key"))
        for study_id in STUDIES:
            run = run_wavehouse(project, "pseudonymise", study_id)
            assert run.exit_code == 0, run.output
        run = run_wavehouse(project, "build")
        assert run.exit_code == 0, run.output
    return project


def test_no_wave_or_release_has_an_id(planted: Project, pseudonymous: Project) -> None:
    assert found_in(planted.waves, IDS)
    assert found_in(planted.landing, IDS)
    places = [pseudonymous.waves, pseudonymous.landing, pseudonymous.target]
    places += [release.folder for release in kept_releases(pseudonymous)[-1:]]
    places.append((pseudonymous.warehouse / "current").resolve())
    assert [found_in(place, IDS) for place in places] == [{}] * len(places)


def test_every_figure_is_the_same(planted: Project, pseudonymous: Project) -> None:
    before, after = query(planted, FIGURES), query(pseudonymous, FIGURES)
    assert len(before) > len(STUDIES)
    assert after == before


def test_a_person_is_still_followed_through_the_waves(
    planted: Project, pseudonymous: Project
) -> None:
    panel = """
        select study_id, n_waves, count(*) as n_people
        from (
            select study_id, person_key, count(*) as n_waves
            from marts.fct_respondents group by all
        ) as people
        group by all order by all
    """
    assert query(pseudonymous, panel) == query(planted, panel)
