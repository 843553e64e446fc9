"""Who did it at the host of git: a person by the best name of theirs, a service as what it is."""

import pytest

from core.accounts import AccountKind, HostAccount, kind_of, shown

ID = "7d1f3c1e-2b60-4a52-9d3a-1f8c2f6b9a01"
OTHER = "00000002-0000-8888-8000-000000000000"
BUILD = "Build\\2f3d611a-f012-4b39-b157-8db63f380226"

NAMES = [
    ({"unique_name": "anna@contoso.example"}, "anna@contoso.example", None),
    ({"unique_name": "Windows Live ID\\anna@contoso.example"}, "anna@contoso.example", None),
    ({"unique_name": "CONTOSO\\anna", "descriptor": "aad.QW5uYQ"}, "CONTOSO\\anna", None),
    ({"unique_name": " ", "subject_kind": "user"}, ID, None),
    ({"unique_name": BUILD}, BUILD, AccountKind.BUILD_SERVICE),
    ({"unique_name": BUILD, "descriptor": "svc.QnVpbGQ"}, BUILD, AccountKind.BUILD_SERVICE),
    ({"descriptor": "svc.QnVpbGQ"}, f"Build\\{ID}", AccountKind.BUILD_SERVICE),
    (
        {"descriptor": "aadsp.QW5uYQ"},
        f"service_principal\\{ID}",
        AccountKind.SERVICE_PRINCIPAL,
    ),
    (
        {"unique_name": "anna@contoso.example", "subject_kind": "servicePrincipal"},
        f"service_principal\\{ID}",
        AccountKind.SERVICE_PRINCIPAL,
    ),
    (
        {"unique_name": BUILD, "descriptor": "aadsp.QW5uYQ"},
        f"service_principal\\{ID}",
        AccountKind.SERVICE_PRINCIPAL,
    ),
    ({"descriptor": "AADSP.QW5uYQ"}, f"service_principal\\{ID}", AccountKind.SERVICE_PRINCIPAL),
    ({"unique_name": OTHER}, f"service_principal\\{ID}", AccountKind.SERVICE_PRINCIPAL),
    (
        {"unique_name": f"{OTHER.upper()}@{OTHER}"},
        f"host_service\\{ID}",
        AccountKind.SERVICE,
    ),
    ({"unique_name": f"{OTHER}@contoso.example"}, f"{OTHER}@contoso.example", None),
    ({"unique_name": "SERVICE\\anna"}, "SERVICE\\anna", None),
    ({"unique_name": "x", "descriptor": "s2s.QW5uYQ"}, f"host_service\\{ID}", AccountKind.SERVICE),
]


@pytest.mark.parametrize(("told", "name", "kind"), NAMES, ids=str)
def test_an_account_has_the_name_that_says_who_it_is(told, name, kind):
    account = HostAccount(id=ID, **told)
    assert (account.name, kind_of(account.name)) == (name, kind)


def test_a_service_stays_one_whatever_the_case_in_which_it_is_kept():
    assert kind_of(BUILD.casefold()) is kind_of(BUILD.upper()) is AccountKind.BUILD_SERVICE


def test_the_id_of_a_service_has_one_spelling():
    told = HostAccount(id=f"{{{ID.upper()}}}", descriptor="aadsp.QW5uYQ")
    assert told.name == f"service_principal\\{ID}"


def test_people_read_of_which_kind_it_is():
    assert shown(BUILD, "Contoso Build Service") == "Contoso Build Service (build service)"
    assert shown(f"service_principal\\{ID}") == f"service_principal\\{ID} (service principal)"
    assert shown("anna@contoso.example", "Anna Lind") == "Anna Lind"
    assert shown("CONTOSO\\anna") == "CONTOSO\\anna"
