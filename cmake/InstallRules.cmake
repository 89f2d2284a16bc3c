# The binary has its designs, worlds and properties built in: nothing else is needed at run time.

if(TARGET cowcheck)
  install(TARGETS cowcheck RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(FILES LICENSE CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
if(EXISTS "${PROJECT_SOURCE_DIR}/README.md")
  install(FILES README.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()
if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/docs")
  install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}" FILES_MATCHING PATTERN "*.md")
endif()

# Shell completions: completions/cowcheck.bash, completions/_cowcheck, completions/cowcheck.fish
function(cowcheck_install_completion file folder name)
  if(EXISTS "${PROJECT_SOURCE_DIR}/completions/${file}")
    install(FILES "completions/${file}"
      DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}" RENAME "${name}")
  endif()
endfunction()
cowcheck_install_completion(cowcheck.bash bash-completion/completions cowcheck)
cowcheck_install_completion(_cowcheck zsh/site-functions _cowcheck)
cowcheck_install_completion(cowcheck.fish fish/vendor_completions.d cowcheck.fish)
